#include "compose/joined.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include "compose/instance.hpp"
#include "core/values/number.hpp"
#include "events/roles.hpp"

namespace orderflow::compose {
namespace {

// As many as the processes of a role that the supervisor may run, and as many again.
constexpr int kNumberMax = 128;
constexpr std::size_t kNoteBytesMax = 64;
constexpr std::size_t kWordsBeforeRole = 5;

std::filesystem::path folder_of(const std::filesystem::path& state_dir) {
  return state_dir / "joined";
}

// The file's descriptor, locked; -1 when somebody has it. Unlike the supervisor's it passes to the
// program, which holds the lock without knowing it.
int claim(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0644);
  if (descriptor < 0 || ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

struct Request {
  std::filesystem::path state_dir;
  std::string program;
  std::uint16_t http_port = 0;
  std::uint16_t base = 0;
  bool own_base = false;
  const events::Role* role = nullptr;
  std::span<const std::string> arguments;
};

std::optional<Request> read_request(std::span<const std::string> words) {
  if (words.size() <= kWordsBeforeRole) return std::nullopt;
  const auto http_port = core::parse_number<std::uint16_t>(words[2]);
  const auto base = core::parse_number<std::uint16_t>(words[3]);
  const auto* role = events::find_role(words[kWordsBeforeRole]);
  if (!http_port || !base || role == nullptr) return std::nullopt;
  return Request{words[0],
                 words[1],
                 *http_port,
                 *base,
                 words[4] == "own",
                 role,
                 words.subspan(kWordsBeforeRole + 1)};
}

struct Place {
  std::string name;
  std::uint16_t base = 0;
  std::uint16_t port = 0;
};

// Nothing when there is no such port.
std::optional<Place> place_of(const Request& request, int number) {
  const auto& role = *request.role;
  const int base = events::metrics_port_base(request.base, request.own_base ? 1 : number);
  const int port =
      role.metrics_port_offset == 0 ? request.http_port : base + role.metrics_port_offset;
  if (port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return Place{std::string(role.name) + (number == 1 ? "" : "-" + std::to_string(number)),
               static_cast<std::uint16_t>(base), static_cast<std::uint16_t>(port)};
}

std::string say(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string become(const Request& request, const Place& place) {
  std::vector<std::string> words{request.program, std::string(request.role->name)};
  words.insert(words.end(), request.arguments.begin(), request.arguments.end());
  if (request.role->metrics_port_offset != 0) {
    words.push_back("--metrics-port-base=" + std::to_string(place.base));
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(request.program.c_str(), pointers.data());
  return say(request.program);
}

std::optional<ProcessStatus> read_joined(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::array<char, kNoteBytesMax> text{};
  const bool lives = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const ssize_t size = lives ? ::read(descriptor, text.data(), text.size()) : 0;
  struct stat about{};
  const bool dated = ::fstat(descriptor, &about) == 0;
  ::close(descriptor);
  if (size <= 0 || !dated) return std::nullopt;
  std::istringstream note(std::string(text.data(), static_cast<std::size_t>(size)));
  ProcessStatus process;
  process.name = file.filename();
  process.state = ProcessState::kRunning;
  process.since = core::Time{std::chrono::seconds{about.st_mtime}};
  if (!(note >> process.pid >> process.port)) return std::nullopt;
  return process;
}

}  // namespace

std::string join(std::span<const std::string> words) {
  const auto request = read_request(words);
  if (!request) return "join needs STATE_DIR PROGRAM HTTP_PORT METRICS_PORT_BASE first|own ROLE";
  const auto folder = folder_of(request->state_dir);
  std::error_code failed;  // Then no file can be made either.
  std::filesystem::create_directories(folder, failed);
  const auto supervised = Instance(request->state_dir).status().processes;
  for (int number = 1; number <= kNumberMax; ++number) {
    const auto place = place_of(*request, number);
    if (!place) break;
    const auto same_name = [&](const auto& process) { return process.name == place->name; };
    if (std::any_of(supervised.begin(), supervised.end(), same_name)) continue;
    const int descriptor = claim(folder / place->name);
    if (descriptor < 0) continue;
    const std::string note = std::to_string(::getpid()) + " " + std::to_string(place->port) + "\n";
    if (::ftruncate(descriptor, 0) != 0 ||
        ::write(descriptor, note.data(), note.size()) != static_cast<ssize_t>(note.size())) {
      return say((folder / place->name).string());
    }
    return become(*request, *place);
  }
  return "there is no number left for one more " + std::string(request->role->name) + ", or " +
         folder.string() + " cannot be written";
}

std::vector<ProcessStatus> joined_processes(const std::filesystem::path& state_dir) {
  std::vector<ProcessStatus> processes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(state_dir), none)) {
    if (auto process = read_joined(entry.path())) processes.push_back(*std::move(process));
  }
  std::sort(processes.begin(), processes.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return processes;
}

}  // namespace orderflow::compose
