#include "bench/bench.hpp"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "bench/figures.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "bench/scenarios.hpp"
#include "bench/stage.hpp"
#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "core/values/failure.hpp"

extern char**
    environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program.

namespace orderflow::bench {
namespace {

constexpr const char* kCommit = "ORDERFLOW_BENCH_COMMIT";
constexpr const char* kOwnInstance = "ORDERFLOW_BENCH_OWN_INSTANCE";

// A client is a connection, and each needs a descriptor here.
void allow_many_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// A process of its own: the audit's memory and time are none of the generator's.
int run_audit(const core::Settings& settings) {
  // However this process was told.
  const std::string database = settings.get(core::kDatabaseUrl).conninfo();
  ::setenv(std::string(core::kDatabaseUrl.name).c_str(), database.c_str(), 1);
  std::string program = "/proc/self/exe";
  std::string word = "audit";
  char* const arguments[] = {program.data(), word.data(), nullptr};
  pid_t pid = 0;
  int status = 0;
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ) != 0 ||
      waitpid(pid, &status, 0) != pid) {
    throw core::Unavailable("bench: the audit cannot be started");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void write_json(const Report& report) {
  if (report.options.json_file.empty()) return;
  std::ofstream file(report.options.json_file);
  file << as_json(report);
  if (!file.flush()) {
    throw core::Unavailable("bench: cannot write " + report.options.json_file +
                            "; name a file in a folder that exists");
  }
}

Report measure_all(const core::Settings& settings, const Options& options) {
  Stage stage(settings, options);
  Report report;
  report.time = core::to_rfc3339(core::process_now());
  report.options = options;
  report.machine = describe_machine();
  report.settings = stage.meter().settings();
  const auto environment = core::process_environment();
  if (const auto commit = environment.find(kCommit); commit != environment.end()) {
    report.settings.emplace_back("commit", commit->second);
  }
  const LoadResult first = stage.place_first_orders();
  report.first_order_ms = first.outcome.summary().max_ms;
  report.first_orders = first.answered(202);
  run_scenario(stage, options, report);
  return report;
}

// Set by the script that started an instance for this run alone.
bool instance_is_ours() { return core::process_environment().contains(kOwnInstance); }

}  // namespace

int run_bench(const core::SettingsSources& sources, std::span<const std::string> args) {
  Options options;
  core::CommandLine line(
      "orderflow bench",
      "Places orders and measures what complete sagas cost; see bench/README.md.", sources);
  add_options(line.app(), options);
  const auto settings = line.parse(args);
  if (!settings) return 0;
  if (!options.figures_file.empty()) {
    std::fputs(figures_of(options.figures_file).c_str(), stdout);
    return 0;
  }
  if (needs_own_instance(options.scenario) && !instance_is_ours() &&
      (!options.check_only || !options.url.empty())) {
    line.refuse(
        std::string(name_of(options.scenario)) +
        " needs an instance of its own: leave out --url and start it with ./orderflow bench");
  }
  if (options.check_only) return 0;
  allow_many_connections();
  Report report = measure_all(*settings, options);
  if (options.audit) {
    tell("audit");
    report.audit = run_audit(*settings);
  }
  std::fputs(as_text(report).c_str(), stdout);
  write_json(report);
  return report.passed() ? 0 : 1;
}

}  // namespace orderflow::bench
