#include "bench/processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/values/number.hpp"
#include "events/roles.hpp"

namespace orderflow::bench {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // A process that ends in between makes the read fail; an iterator over the buffer would throw.
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string proc_file(pid_t pid, const char* name) {
  return read_file("/proc/" + std::to_string(pid) + "/" + name);
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto pid = core::parse_number<pid_t>(entry.path().filename().native());
    if (pid) pids.push_back(*pid);
  }
  return pids;
}

std::vector<NamedProcess> from_status(const std::string& state_dir) {
  std::vector<NamedProcess> found;
  const auto status = nlohmann::json::parse(read_file(state_dir + "/status.json"), nullptr, false);
  if (!status.is_object()) return found;
  for (const auto& role : status.value("roles", nlohmann::json::array())) {
    if (!role.value("pid", nlohmann::json()).is_number_integer()) continue;
    found.push_back({role.value("name", "?"), role["pid"].get<pid_t>()});
  }
  return found;
}

std::vector<NamedProcess> from_command_lines() {
  std::vector<NamedProcess> found;
  for (const pid_t pid : all_pids()) {
    const std::string role = role_of_command(proc_file(pid, "cmdline"));
    if (!role.empty()) found.push_back({role, pid});
  }
  return found;
}

// "RssAnon:     1234 kB" in /proc/PID/status.
std::int64_t kilobytes(const std::string& status, const std::string& field) {
  const auto at = status.find(field + ":");
  return at == std::string::npos ? 0 : std::atoll(status.c_str() + at + field.size() + 1);
}

std::int64_t us_per_tick() { return 1'000'000 / sysconf(_SC_CLK_TCK); }

// A process and all that descend from it.
class Family {
 public:
  void add(pid_t pid, const ProcessStat& stat) {
    const std::string status = proc_file(pid, "status");
    ticks_ += stat.own_ticks + stat.reaped_ticks;
    private_kb_ += kilobytes(status, "RssAnon");
    shared_kb_ = std::max(shared_kb_, kilobytes(status, "RssFile") + kilobytes(status, "RssShmem"));
  }

  [[nodiscard]] ProcessUsage usage(const std::string& name) const {
    return {name, ticks_ * us_per_tick(), (private_kb_ + shared_kb_) * 1024};
  }

 private:
  std::int64_t ticks_ = 0;
  std::int64_t private_kb_ = 0;
  std::int64_t shared_kb_ = 0;
};

}  // namespace

std::string role_of_command(std::string_view command_line) {
  std::vector<std::string_view> words;
  while (!command_line.empty()) {
    words.push_back(command_line.substr(0, command_line.find('\0')));
    command_line.remove_prefix(std::min(words.back().size() + 1, command_line.size()));
  }
  if (words.size() < 2) return {};
  const auto program = words[0].substr(words[0].rfind('/') + 1);
  // PostgreSQL's sessions rewrite their titles into one word; only the server itself keeps options.
  if (program == "postgres") return "postgres";
  if (program == "java" && std::count(words.begin(), words.end(), "kafka.Kafka") > 0)
    return "kafka";
  const bool role = words[1] == "all" || events::find_role(words[1]) != nullptr;
  return program == "orderflow" && role ? std::string(words[1]) : std::string();
}

std::optional<ProcessStat> parse_stat(std::string_view text) {
  // "PID (NAME) STATE PPID ...": the name may hold spaces and brackets, so count from its end.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kParent = 1;
  constexpr std::size_t kUserTime = 11;  // Then system time, and both of the reaped children.
  if (words.size() < kUserTime + 4) return std::nullopt;
  const auto number = [&](std::size_t field) { return std::atoll(words[field].c_str()); };
  return ProcessStat{static_cast<pid_t>(number(kParent)), number(kUserTime) + number(kUserTime + 1),
                     number(kUserTime + 2) + number(kUserTime + 3)};
}

std::int64_t parse_busy_us(std::string_view proc_stat) {
  // "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ ...": guest time is part of user time.
  std::istringstream line{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string name;
  std::array<std::int64_t, 7> ticks{};
  line >> name;
  for (auto& field : ticks) line >> field;
  if (!line || name != "cpu") return 0;
  return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * us_per_tick();
}

std::int64_t machine_busy_us() { return parse_busy_us(read_file("/proc/stat")); }

std::vector<NamedProcess> find_processes(const std::string& state_dir) {
  auto found = state_dir.empty() ? std::vector<NamedProcess>{} : from_status(state_dir);
  if (found.empty()) found = from_command_lines();
  found.push_back({"bench", getpid()});
  return found;
}

std::vector<ProcessUsage> measure(const std::vector<NamedProcess>& processes) {
  std::map<pid_t, ProcessStat> stats;
  for (const pid_t pid : all_pids()) {
    if (const auto stat = parse_stat(proc_file(pid, "stat"))) stats[pid] = *stat;
  }
  const auto descends = [&](pid_t pid, pid_t ancestor) {
    while (pid != ancestor && stats.contains(pid)) pid = stats[pid].parent;
    return pid == ancestor;
  };
  std::vector<ProcessUsage> usages;
  for (const auto& [name, root] : processes) {
    if (!stats.contains(root)) continue;
    Family family;
    for (const auto& [pid, stat] : std::map(stats)) {
      if (descends(pid, root)) family.add(pid, stat);
    }
    usages.push_back(family.usage(name));
  }
  return usages;
}

}  // namespace orderflow::bench
