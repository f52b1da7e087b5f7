#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow::bench {

// A process of the running instance; its children count as part of it (PostgreSQL's sessions).
struct NamedProcess {
  std::string name;
  pid_t pid = 0;
};

struct ProcessUsage {
  std::string name;
  std::int64_t cpu_us = 0;
  std::int64_t memory_bytes = 0;
};

// The instance's processes as its supervisor lists them in `<state_dir>/status.json`; when there is
// no such file, every process of this machine that looks like one of them. Ours comes last, as
// "bench".
[[nodiscard]] std::vector<NamedProcess> find_processes(const std::string& state_dir);

// What each has used since it started. A process that is gone is left out. CPU time has the
// kernel's resolution of 10 ms; memory shared within a group is counted once.
[[nodiscard]] std::vector<ProcessUsage> measure(const std::vector<NamedProcess>& processes);

// CPU time of the whole machine since it started, of whatever process, waiting left out: the first
// line of /proc/stat. Zero when it cannot be read.
[[nodiscard]] std::int64_t parse_busy_us(std::string_view proc_stat);
[[nodiscard]] std::int64_t machine_busy_us();

// The fields of /proc/PID/stat that matter here. Times in clock ticks; `reaped` is that of children
// that have ended.
struct ProcessStat {
  pid_t parent = 0;
  std::int64_t own_ticks = 0;
  std::int64_t reaped_ticks = 0;
};

[[nodiscard]] std::optional<ProcessStat> parse_stat(std::string_view text);

// The role a command line stands for: "orderflow api" → "api", PostgreSQL's server → "postgres",
// Kafka's JVM → "kafka"; empty for any other. Arguments end with a zero byte, as in /proc.
[[nodiscard]] std::string role_of_command(std::string_view command_line);

}  // namespace orderflow::bench
