// orderflow-supervisor: runs the processes of a local instance, and says from outside what becomes
// of them. For ./orderflow, whose scripts read its lines: fields separated by tabs.

#include <algorithm>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compose/arguments.hpp"
#include "compose/instance.hpp"
#include "compose/launch.hpp"
#include "compose/proc.hpp"
#include "compose/program_entries.hpp"
#include "compose/supervisor.hpp"
#include "core/values/failure.hpp"

namespace orderflow::compose {
namespace {

constexpr int kFailed = 1;
constexpr int kUsageError = 2;
constexpr int kSecondsMax = 24 * 3'600;
constexpr int kAttemptsMax = 1'000;
constexpr int kPortMax = 65'535;
constexpr int kProcessesMax = 64;
constexpr int kPidMax = std::numeric_limits<int>::max();

constexpr std::string_view kUsage =
    "usage: orderflow-supervisor COMMAND\n"
    "\n"
    "  run --state-dir DIR [--start-deadline SECONDS] [--oneshot-attempts N] [--parent PID]\n"
    "                  runs what DIR/table names until a signal asks to stop\n"
    "  status --state-dir DIR [--json]\n"
    "                  a line a process: name, state, pid, port, restarts\n"
    "  wait --state-dir DIR --supervisor PID\n"
    "                  until everything is up; says: progress TEXT, at last done TEXT or\n"
    "                  failed WHY [LOG]\n"
    "  stop --state-dir DIR [--supervisor PID]\n"
    "                  stops everything; says the same\n"
    "  processes --state-dir DIR\n"
    "                  PID NAME of each process, those they have started included\n"
    "  entries --program FILE --http-port PORT --metrics-port-base PORT [--broker-port PORT]\n"
    "          [--processes N]\n"
    "                  the lines of a table that run the program's roles\n"
    "  ports --metrics-port-base PORT\n"
    "                  PORT ROLE of health and metrics, beside the HTTP port\n";

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void print_progress(const std::string& text) { print_line("progress\t" + text); }

int print_outcome(const tl::expected<std::string, Failure>& outcome) {
  if (outcome) {
    print_line("done\t" + *outcome);
    return 0;
  }
  const auto& [why, log] = outcome.error();
  print_line("failed\t" + why + (log.empty() ? "" : "\t" + log.string()));
  return kFailed;
}

int run(Arguments& words) {
  SupervisorOptions options;
  options.fleet.state_dir = words.require_text("--state-dir");
  if (const auto seconds = words.take_number("--start-deadline", kSecondsMax)) {
    options.fleet.start_deadline = std::chrono::seconds(*seconds);
  }
  if (const auto attempts = words.take_number("--oneshot-attempts", kAttemptsMax)) {
    options.fleet.oneshot_attempts_max = *attempts;
  }
  options.parent = words.take_number("--parent", kPidMax).value_or(0);
  words.refuse_others();
  return run_supervisor(std::move(options));
}

int status(Arguments& words) {
  const Instance instance(words.require_text("--state-dir"));
  const bool json = words.take_flag("--json");
  words.refuse_others();
  const bool running = instance.supervisor() != 0;
  const auto status = instance.status();
  if (!json) {
    std::fputs(to_lines(status).c_str(), stdout);
  } else {
    // Before the supervisor has written anything there is nothing to copy.
    const auto text = instance.status_text();
    std::fputs((text.empty() ? to_json(status) : text).c_str(), stdout);
  }
  return running ? 0 : kFailed;
}

int wait(Arguments& words) {
  const Instance instance(words.require_text("--state-dir"));
  const pid_t supervisor = words.require_number("--supervisor", kPidMax);
  words.refuse_others();
  return print_outcome(instance.wait_until_up(supervisor, print_progress).map([](const Status& up) {
    const auto running =
        std::count_if(up.processes.begin(), up.processes.end(),
                      [](const auto& process) { return process.state == ProcessState::kRunning; });
    return std::to_string(running) + " processes are up";
  }));
}

int stop(Arguments& words) {
  const Instance instance(words.require_text("--state-dir"));
  const pid_t supervisor = words.take_number("--supervisor", kPidMax).value_or(0);
  words.refuse_others();
  return print_outcome(instance.stop(supervisor, print_progress).map([] {
    return std::string("everything stopped");
  }));
}

int processes(Arguments& words) {
  const Instance instance(words.require_text("--state-dir"));
  words.refuse_others();
  for (const auto& process : instance.status().processes) {
    if (process.pid == 0) continue;
    for (const pid_t pid : list_family(process.pid)) {
      print_line(std::to_string(pid) + " " + process.name);
    }
  }
  return 0;
}

int entries(Arguments& words) {
  const auto port = [](int number) { return static_cast<std::uint16_t>(number); };
  ProgramOptions options;
  options.program = words.require_text("--program");
  options.http_port = port(words.require_number("--http-port", kPortMax));
  options.metrics_port_base = port(words.require_number("--metrics-port-base", kPortMax));
  if (const auto number = words.take_number("--broker-port", kPortMax)) {
    options.broker_port = port(*number);
  }
  options.processes = words.take_number("--processes", kProcessesMax).value_or(1);
  words.refuse_others();
  for (const Entry& entry : program_entries(options)) std::fputs(to_line(entry).c_str(), stdout);
  return 0;
}

int ports(Arguments& words) {
  const int base = words.require_number("--metrics-port-base", kPortMax);
  words.refuse_others();
  for (const auto& [role, port] : metrics_ports(static_cast<std::uint16_t>(base))) {
    print_line(std::to_string(port) + " " + role);
  }
  return 0;
}

struct Command {
  std::string_view name;
  int (*run)(Arguments& words);
};

constexpr Command kCommands[] = {{"run", run},    {"status", status},       {"wait", wait},
                                 {"stop", stop},  {"processes", processes}, {"entries", entries},
                                 {"ports", ports}};

int dispatch(std::span<const std::string> words) {
  const std::string_view name = words.empty() ? "" : std::string_view(words.front());
  if (name == "launch") return run_launcher(words.subspan(1));
  if (name == "help" || name == "--help") {
    std::fputs(std::string(kUsage).c_str(), stdout);
    return 0;
  }
  for (const Command& command : kCommands) {
    if (command.name != name) continue;
    Arguments arguments(words.subspan(1));
    return command.run(arguments);
  }
  std::fputs(std::string(kUsage).c_str(), stderr);
  return kUsageError;
}

}  // namespace
}  // namespace orderflow::compose

int main(int argc, char** argv) {
  using namespace orderflow;
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    return compose::dispatch(words);
  } catch (const core::BadConfiguration& problem) {
    return compose::complain(problem.what(), compose::kUsageError);
  } catch (const std::exception& failure) {
    return compose::complain(failure.what(), compose::kFailed);
  }
}
