// orderflow-supervisor: runs the processes of a local instance, and says from outside what becomes
// of them. For ./orderflow, whose scripts read its lines: fields separated by tabs.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "compose/instance.hpp"
#include "compose/joined.hpp"
#include "compose/launch.hpp"
#include "compose/port.hpp"
#include "compose/proc.hpp"
#include "compose/program_entries.hpp"
#include "compose/supervisor.hpp"
#include "core/settings/arguments.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"

namespace orderflow::compose {
namespace {

constexpr int kFailed = 1;
constexpr int kUsageError = 2;
constexpr int kSecondsMax = 24 * 3'600;
constexpr int kAttemptsMax = 1'000;
constexpr int kPortMax = 65'535;
constexpr int kProcessesMax = 64;

// What the commands are given; each reads what is its own.
struct Options {
  std::string state_dir;
  bool json = false;
  int supervisor = 0;
  int start_deadline_seconds = 120;
  int oneshot_attempts = 6;
  int parent = 0;
  ProgramOptions program;
  int broker_port = 0;
  std::string host = kEveryAddress;
  std::vector<std::uint16_t> ports;
};

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

int run(const Options& options) {
  SupervisorOptions supervisor;
  supervisor.fleet.state_dir = options.state_dir;
  supervisor.fleet.start_deadline = std::chrono::seconds(options.start_deadline_seconds);
  supervisor.fleet.oneshot_attempts_max = options.oneshot_attempts;
  supervisor.parent = options.parent;
  return run_supervisor(std::move(supervisor));
}

int status(const Options& options) {
  const Instance instance(options.state_dir);
  const bool running = instance.supervisor() != 0;
  auto status = instance.status();
  for (auto& process : joined_processes(options.state_dir)) {
    status.processes.push_back(std::move(process));
  }
  std::fputs((options.json ? to_json(status) : to_lines(status)).c_str(), stdout);
  return running ? 0 : kFailed;
}

int roles(const Options& /*options*/) {
  for (const auto& role : events::kRoles) print_line(std::string(role.name));
  return 0;
}

int wait(const Options& options) {
  const auto summary = [](const Status& up) {
    const auto running =
        std::count_if(up.processes.begin(), up.processes.end(),
                      [](const auto& process) { return process.state == ProcessState::kRunning; });
    return std::to_string(running) + " processes are up";
  };
  const Instance instance(options.state_dir);
  return print_outcome(instance.wait_until_up(options.supervisor, print_progress).map(summary));
}

int stop(const Options& options) {
  const Instance instance(options.state_dir);
  return print_outcome(instance.stop(options.supervisor, print_progress).map([] {
    return std::string("everything stopped");
  }));
}

int processes(const Options& options) {
  for (const auto& process : Instance(options.state_dir).status().processes) {
    if (process.pid == 0) continue;
    for (const pid_t pid : list_family(process.pid)) {
      print_line(std::to_string(pid) + " " + process.name);
    }
  }
  return 0;
}

int entries(const Options& options) {
  auto program = options.program;
  if (options.broker_port != 0) {
    program.broker_port = static_cast<std::uint16_t>(options.broker_port);
  }
  for (const Entry& entry : program_entries(program)) std::fputs(to_line(entry).c_str(), stdout);
  return 0;
}

int ports(const Options& options) {
  const auto& program = options.program;
  for (const auto& [name, port] : metrics_ports(program.metrics_port_base, program.processes)) {
    print_line(std::to_string(port) + " " + name);
  }
  return 0;
}

int taken_ports(const Options& options) {
  for (const std::uint16_t port : options.ports) {
    if (is_port_taken(options.host, port)) print_line(std::to_string(port));
  }
  return 0;
}

using Command = int (*)(const Options&);

// The commands that look at an instance, and the one that is it.
void add_instance_commands(CLI::App& app, Options& options, Command& chosen) {
  const auto add = [&](const char* name, const char* summary, Command command) {
    CLI::App* added = app.add_subcommand(name, summary);
    added->add_option("--state-dir", options.state_dir, "The instance's folder")->required();
    added->callback([&chosen, command] { chosen = command; });
    return added;
  };
  CLI::App* running = add("run", "Run what DIR/table names until a signal asks to stop", run);
  running
      ->add_option("--start-deadline", options.start_deadline_seconds,
                   "Seconds until an entry must be ready")
      ->check(CLI::Range(1, kSecondsMax));
  running
      ->add_option("--oneshot-attempts", options.oneshot_attempts,
                   "How often an entry may fail that must end well")
      ->check(CLI::Range(1, kAttemptsMax));
  running->add_option("--parent", options.parent, "Stop when this process, the parent, dies")
      ->check(CLI::PositiveNumber);
  add("status", "A line a process: name, state, pid, port, restarts", status)
      ->add_flag("--json", options.json, "The whole status as JSON");
  add("wait", "Wait until all is up; lines: progress TEXT, then done TEXT or failed WHY [LOG]",
      wait)
      ->add_option("--supervisor", options.supervisor, "The process that starts it")
      ->required()
      ->check(CLI::PositiveNumber);
  add("stop", "Stop everything; the same lines", stop)
      ->add_option("--supervisor", options.supervisor,
                   "The process to stop, instead of the "
                   "one that holds the lock")
      ->check(CLI::PositiveNumber);
  add("processes", "PID NAME of each process, those they have started included", processes);
}

// The commands that answer from the table of roles.
void add_role_commands(CLI::App& app, Options& options, Command& chosen) {
  const auto port = CLI::Range(1, kPortMax);
  const auto add = [&](const char* name, const char* summary, Command command) {
    CLI::App* added = app.add_subcommand(name, summary);
    added
        ->add_option("--metrics-port-base", options.program.metrics_port_base,
                     "The port before those of health and metrics")
        ->required()
        ->check(port);
    added->add_option("--processes", options.program.processes, "Of each role that owns partitions")
        ->check(CLI::Range(1, kProcessesMax));
    added->callback([&chosen, command] { chosen = command; });
    return added;
  };
  CLI::App* lines = add("entries", "The table's lines that run the program's roles", entries);
  lines->add_option("--program", options.program.program, "The executable")->required();
  lines->add_option("--http-port", options.program.http_port, "Of the API")
      ->required()
      ->check(port);
  lines->add_option("--http-host", options.program.http_host, "Where the roles listen")
      ->capture_default_str();
  lines->add_option("--broker-port", options.broker_port, "Of the embedded broker, if it is used")
      ->check(port);
  add("ports", "PORT NAME of each process that serves health and metrics beside the HTTP port",
      ports);
  app.add_subcommand("roles", "The name of each role")->callback([&chosen] { chosen = roles; });
}

void add_port_command(CLI::App& app, Options& options, Command& chosen) {
  CLI::App* taken = app.add_subcommand("taken-ports", "Those of the ports that cannot be bound");
  taken->add_option("--host", options.host, "On this address")->capture_default_str();
  taken->add_option("port", options.ports, "The ports to try")
      ->required()
      ->check(CLI::Range(1, kPortMax));
  taken->callback([&chosen] { chosen = taken_ports; });
}

int run_command(std::span<const std::string> words) {
  CLI::App app("Runs the processes of a local instance, and says what becomes of them.",
               "orderflow-supervisor");
  app.require_subcommand(1);
  Options options;
  Command chosen = nullptr;
  add_instance_commands(app, options, chosen);
  add_role_commands(app, options, chosen);
  add_port_command(app, options, chosen);
  return core::parse_arguments(app, words) ? chosen(options) : 0;
}

}  // namespace
}  // namespace orderflow::compose

int main(int argc, char** argv) {
  using namespace orderflow;
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (!words.empty() && words.front() == "launch") {
      return compose::run_launcher(std::span(words).subspan(1));
    }
    // Not an option may be taken out of what is meant for the program.
    if (!words.empty() && words.front() == "join") {
      return compose::complain(compose::join(std::span(words).subspan(1)), compose::kFailed);
    }
    return compose::run_command(words);
  } catch (const core::BadConfiguration& problem) {
    return compose::complain(problem.what(), compose::kUsageError);
  } catch (const std::exception& failure) {
    return compose::complain(failure.what(), compose::kFailed);
  }
}
