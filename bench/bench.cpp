#include "bench/bench.hpp"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <thread>
#include <utility>

#include "bench/load.hpp"
#include "bench/meter.hpp"
#include "bench/options.hpp"
#include "bench/outcomes.hpp"
#include "bench/report.hpp"
#include "bench/shop.hpp"
#include "core/failure.hpp"
#include "core/log.hpp"

extern char**
    environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program.

namespace orderflow::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// The level at which latency is always told, beside the one asked for and a single client.
constexpr int kUsualClients = 64;
constexpr std::chrono::seconds kShortWindow = 10s;
constexpr std::chrono::seconds kShortWarmUp = 3s;
constexpr std::chrono::milliseconds kFirstOrders = 50ms;

struct Phase {
  int clients;
  std::chrono::seconds warm_up;
  std::chrono::seconds measured;
};

std::vector<Phase> phases_of(const Options& options) {
  std::vector<Phase> phases = {{options.clients, options.warm_up, options.measured}};
  for (const int clients : {kUsualClients, 1}) {
    if (clients == options.clients) continue;
    phases.push_back({clients, std::min(options.warm_up, kShortWarmUp),
                      std::min(options.measured, kShortWindow)});
  }
  return phases;
}

// A client is a connection, and each needs a descriptor here.
void allow_many_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void tell(const std::string& text) { std::fprintf(stderr, "bench: %s\n", text.c_str()); }

// The load runs on a thread of its own while this one reads the meter at both ends of the window.
PhaseReport run_phase(const Phase& phase, const Options& options, Load& load, Meter& meter) {
  tell(std::to_string(phase.clients) + " in flight for " + std::to_string(phase.measured.count()) +
       " s after " + std::to_string(phase.warm_up.count()) + " s of warm-up");
  LoadPlan plan{phase.clients, Clock::now() + phase.warm_up};
  plan.window_end = plan.window_begin + phase.measured;
  plan.give_up = plan.window_end + options.deadline;
  auto running = std::async(std::launch::async, [&] { return load.run(plan); });
  std::this_thread::sleep_until(plan.window_begin);
  const Spent before = meter.read();
  std::this_thread::sleep_until(plan.window_end);
  const Spent after = meter.read();
  PhaseReport report;
  report.clients = phase.clients;
  report.seconds = static_cast<double>(phase.measured.count());
  report.spent = after - before;
  report.load = running.get();
  return report;
}

// One order before any load: an instance that has just started may still be finding its partitions,
// and clients that wait for that would spoil the window. Its time is told, being what a person
// meets.
LoadResult await_first_order(const Options& options, Load& load) {
  const auto now = Clock::now();
  return load.run({1, now, now + kFirstOrders, now + options.deadline});
}

// A process of its own: the audit's memory and time are none of the generator's.
int run_audit() {
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

Report measure_all(const core::Config& config, const Options& options) {
  const auto environment = core::process_environment();
  const auto state_dir = environment.find("ORDERFLOW_STATE_DIR");
  core::Logger logger("bench", "warning");
  asio::io_context context(1);
  const auto address =
      options.url.empty()
          ? HttpAddress{config.text("http-host"), std::to_string(config.integer("http-port"))}
          : parse_url(options.url);
  const auto endpoint = resolve(context, address);
  const Shop shop = open_shop(context, endpoint, options.accounts);
  Meter meter(config, logger, state_dir == environment.end() ? "" : state_dir->second);

  Report report;
  report.time = core::to_rfc3339(core::process_now());
  report.options = options;
  report.machine = describe_machine();
  report.settings = meter.settings();
  Load load(context, endpoint, shop);
  const OutcomeWatch watch(config, logger, [&](std::vector<Outcome> outcomes) {
    asio::post(context, [&load, outcomes = std::move(outcomes)] { load.note(outcomes); });
  });
  const LoadResult first = await_first_order(options, load);
  report.first_order_ms = first.outcome.summary().max_ms;
  if (first.endings.empty()) {
    throw core::Unavailable("bench: the first order did not end within the deadline: " +
                            first.first_error + "; ./orderflow status and the logs say more");
  }
  for (const Phase& phase : phases_of(options)) {
    report.phases.push_back(run_phase(phase, options, load, meter));
    // Clients that still wait for their orders cannot begin another phase.
    if (report.phases.back().load.unfinished > 0) break;
  }
  return report;
}

}  // namespace

int run_bench(const core::Config& config, std::span<const std::string> args) {
  const Options options = parse_options(args);
  if (!options.help.empty()) {
    std::fputs(options.help.c_str(), stdout);
    return 0;
  }
  if (options.check_only) return 0;
  allow_many_connections();
  Report report = measure_all(config, options);
  if (options.audit) {
    tell("audit");
    report.audit = run_audit();
  }
  std::fputs(as_text(report).c_str(), stdout);
  write_json(report);
  return report.passed() ? 0 : 1;
}

}  // namespace orderflow::bench
