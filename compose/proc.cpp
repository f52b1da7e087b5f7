#include "compose/proc.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "core/values/number.hpp"

namespace orderflow::compose {
namespace {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';
};

std::string folder_of(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::optional<Process> read_process(pid_t pid) {
  // A process that ends in between makes the read fail; an iterator over the buffer would throw.
  std::ostringstream text;
  text << std::ifstream(folder_of(pid) + "/stat").rdbuf();
  const std::string stat = text.str();
  // The command's name is in parentheses and may contain anything, so fields count from the last.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 1));
  Process process{pid};
  fields >> process.state >> process.parent;
  return fields ? std::optional(process) : std::nullopt;
}

std::vector<Process> all_processes() {
  std::vector<Process> processes;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", unreadable)) {
    const auto pid = core::parse_number<pid_t>(entry.path().filename().string());
    const auto process = pid ? read_process(*pid) : std::nullopt;
    if (process) processes.push_back(*process);
  }
  return processes;
}

}  // namespace

std::vector<pid_t> list_children() {
  std::vector<pid_t> children;
  for (const Process& process : all_processes()) {
    if (process.parent == ::getpid()) children.push_back(process.pid);
  }
  return children;
}

std::vector<pid_t> list_family(pid_t pid) {
  if (!is_alive(pid)) return {};
  const auto processes = all_processes();
  std::vector<pid_t> family{pid};
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (const Process& process : processes) {
      if (process.parent == family[i]) family.push_back(process.pid);
    }
  }
  return family;
}

bool is_alive(pid_t pid) {
  const auto process = read_process(pid);
  return process && process->state != 'Z' && process->state != 'X';
}

std::string owner_of(pid_t pid) {
  struct stat found{};
  if (::stat(folder_of(pid).c_str(), &found) != 0) return "another user";
  const passwd* account = ::getpwuid(found.st_uid);
  return account == nullptr ? "another user" : account->pw_name;
}

}  // namespace orderflow::compose
