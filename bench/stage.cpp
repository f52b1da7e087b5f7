#include "bench/stage.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>

#include "bench/processes.hpp"
#include "bench/reads.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"
#include "http-api/settings.hpp"

namespace orderflow::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstOrders = 50ms;

HttpAddress address_of(const core::Settings& settings, const Options& options) {
  if (const auto address = parse_url(options.url)) return *address;
  return {settings.get(http_api::kHttpHost), std::to_string(settings.get(http_api::kHttpPort))};
}

std::string state_dir_from_environment() {
  const auto environment = core::process_environment();
  const auto found = environment.find("ORDERFLOW_STATE_DIR");
  return found == environment.end() ? "" : found->second;
}

}  // namespace

void tell(const std::string& text) { std::fprintf(stderr, "bench: %s\n", text.c_str()); }

Stage::Stage(const core::Settings& settings, const Options& options)
    : settings_(settings),
      options_(options),
      state_dir_(state_dir_from_environment()),
      logger_("bench", core::LogLevel::kWarning),
      context_(1),
      endpoint_(resolve(context_, address_of(settings, options))),
      shop_(open_shop(context_, endpoint_, options.accounts)),
      meter_(settings, logger_, state_dir_),
      load_(context_, endpoint_, shop_),
      watch_(settings, logger_, [this](std::vector<Outcome> outcomes) {
        asio::post(context_, [this, outcomes = std::move(outcomes)] { load_.note(outcomes); });
      }) {}

LoadResult Stage::place_first_orders() {
  LoadPlan plan;
  plan.window_begin = Clock::now();
  plan.window_end = plan.window_begin + kFirstOrders;
  plan.give_up = plan.window_begin + options_.deadline;
  LoadResult first = load_.run(plan);
  if (first.endings.empty()) {
    throw core::Unavailable("bench: the first order did not end within the deadline: " +
                            first.first_error + "; ./orderflow status and the logs say more");
  }
  return first;
}

PhaseReport Stage::run(const Phase& phase) {
  tell(phase.name + " for " + std::to_string(phase.measured.count()) + " s after " +
       std::to_string(phase.warm_up.count()) + " s of warm-up");
  LoadPlan plan;
  plan.pace = phase.pace;
  plan.clients = phase.clients;
  plan.rate = phase.rate;
  plan.window_begin = Clock::now() + phase.warm_up;
  plan.window_end = plan.window_begin + phase.measured;
  plan.give_up = plan.window_end + options_.deadline;
  auto running = std::async(std::launch::async, [&] {
    return phase.reads ? run_reads(context_, endpoint_, orders_, plan) : load_.run(plan);
  });
  std::this_thread::sleep_until(plan.window_begin);
  const Spent before = meter_.read();
  if (phase.kill_orchestrator) {
    std::this_thread::sleep_until(plan.window_begin + phase.measured / 2);
    kill_orchestrator();
  }
  std::this_thread::sleep_until(plan.window_end);
  const Spent after = meter_.read();
  PhaseReport report;
  report.name = phase.name;
  report.unit = phase.reads ? "read" : "saga";
  report.clients = phase.clients;
  report.rate = phase.rate;
  report.seconds = static_cast<double>(phase.measured.count());
  report.spent = after - before;
  report.load = running.get();
  if (!phase.reads) orders_ = report.load.some_orders;
  return report;
}

void Stage::kill_orchestrator() const {
  // Without one, those of whatever instance there is would be found.
  if (state_dir_.empty()) throw core::Unavailable("bench: ORDERFLOW_STATE_DIR is not set");
  const auto processes = find_processes(state_dir_);
  const auto found = std::find_if(processes.begin(), processes.end(), [](const auto& one) {
    return one.name == events::kOrchestrator.name;
  });
  if (found == processes.end() || kill(found->pid, SIGKILL) != 0) {
    throw core::Unavailable("bench: there is no orchestrator to kill");
  }
  tell("the orchestrator was killed");
}

}  // namespace orderflow::bench
