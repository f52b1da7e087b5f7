// Wires the program: picks the role, builds what it needs, runs it until a signal asks to stop.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/bench.hpp"
#include "compose/supervisor.hpp"
#include "consumers/participants/participants.hpp"
#include "consumers/sagas/orchestrator.hpp"
#include "core/kafka/admin.hpp"
#include "core/kafka/embedded_broker.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/topic_spec.hpp"
#include "core/observe/health_monitor.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/partition_count.hpp"
#include "core/settings/config.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/topics.hpp"
#include "http-api/api_role.hpp"
#include "http-api/health/ops_server.hpp"
#include "schemas/migrate.hpp"
#include "schemas/seed.hpp"
#include "tools/audit.hpp"
#include "tools/dead_letters.hpp"
#include "tools/repartition.hpp"
#include "tools/sagas.hpp"

namespace orderflow {
namespace {

constexpr int kUsageError = 2;

constexpr std::chrono::seconds kFarewellLimit{10};
constexpr std::chrono::seconds kTopicsTimeout{2};

constexpr std::string_view kUsage =
    "usage: orderflow ROLE [--setting=value ...]\n"
    "\n"
    "long-running:  api  orchestrator  payments  delivery  broker  all\n"
    "once:          migrate  seed  audit  bench  check-config  crash-points  version\n"
    "operators:     sagas  dead-letters  repartition\n"
    "local:         supervise\n"
    "\n"
    "`orderflow check-config` lists every setting with its value and where that came from.\n";

// What every long-running role works with.
struct Context {
  const core::Config& config;
  core::Metrics& metrics;
  core::Health& health;
  std::stop_token stop;
};

struct Role {
  std::string_view name;
  int metrics_port_offset;  // From the base; 0: the role serves its own.
  void (*run)(Context&, core::Logger&);
};

void run_api(Context& context, core::Logger& logger) {
  http_api::run_api(context.config, logger, context.metrics, context.health, context.stop);
}

void run_orchestrator(Context& context, core::Logger& logger) {
  consumers::run_orchestrator(context.config, logger, context.metrics, context.stop);
}

void run_payments(Context& context, core::Logger& logger) {
  consumers::run_payments(context.config, logger, context.metrics, context.health, context.stop);
}

void run_delivery(Context& context, core::Logger& logger) {
  consumers::run_delivery(context.config, logger, context.metrics, context.health, context.stop);
}

// The topics as this installation has them. ORDERFLOW_PARTITIONS is only what a new one begins
// with: a broker that has forgotten them gets them back as the database counts them.
core::TopicKeeper::Topics topics_of(const core::Config& config) {
  auto session = std::make_shared<core::PgSession>(
      config.text("database-url"), core::PgSessionOptions{.application_name = "orderflow-topics",
                                                          .answer_timeout = kTopicsTimeout});
  const events::Topics topics(config.text("topic-prefix"));
  const auto first = static_cast<std::int32_t>(config.integer("partitions"));
  const auto replicas = static_cast<std::int32_t>(config.integer("replication-factor"));
  return [session = std::move(session), topics, first, replicas] {
    return topics.specs(core::read_partition_count(*session).value_or(first), replicas);
  };
}

// Nothing when it was told to stop before the database answered.
std::vector<core::TopicSpec> await_topics(Context& context, core::Logger& logger) {
  const auto topics = topics_of(context.config);
  bool told = false;
  while (!context.stop.stop_requested()) {
    try {
      return topics();
    } catch (const core::Unavailable& failure) {
      if (!std::exchange(told, true)) {
        logger.warning("waiting for the database", {{"reason", failure.what()}});
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return {};
}

void run_broker(Context& context, core::Logger& logger) {
  const auto port = static_cast<std::uint16_t>(context.config.integer("broker-port"));
  const core::EmbeddedBroker broker(port, await_topics(context, logger), logger);
  while (!context.stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

constexpr Role kRoles[] = {
    {"api", 0, run_api},           {"orchestrator", 1, run_orchestrator},
    {"payments", 2, run_payments}, {"delivery", 3, run_delivery},
    {"broker", 4, run_broker},
};

std::uint16_t metrics_port(const core::Config& config, const Role& role) {
  auto base = config.integer("metrics-port-base");
  if (base == 0) base = config.integer("http-port") == 0 ? 0 : config.integer("http-port") + 1000;
  if (base == 0) return 0;
  return static_cast<std::uint16_t>(base + role.metrics_port_offset);
}

// Ends the process when it has not ended in order by then, as when a server it waits for is mute.
// Nothing is lost with it: what it had not committed is done by whoever owns it next. The thread
// returned is told to stop once all has ended.
std::jthread end_in_time(core::Logger& logger, const std::atomic<int>& exit_code) {
  return std::jthread([&](const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, ended, kFarewellLimit, [] { return false; });
    if (ended.stop_requested()) return;
    logger.warning("ended without a farewell: something does not answer");
    std::_Exit(exit_code);
  });
}

// Runs the work on threads of its own and waits for a signal or for the work to end, then says so
// by `on_stop`. An exception of any thread is a failure of the process, to be restarted from
// outside: it sets the exit code.
void run_until_signal(const std::vector<std::function<void(std::stop_token)>>& work,
                      const sigset_t& signals, std::atomic<int>& exit_code,
                      const std::function<void()>& on_stop) {
  std::stop_source stop;
  std::atomic<int> running{static_cast<int>(work.size())};
  std::vector<std::jthread> threads;
  for (const auto& one : work) {
    threads.emplace_back([&, one] {
      try {
        one(stop.get_token());
      } catch (const core::BadConfiguration& problem) {
        std::fprintf(stderr, "orderflow: %s\n", problem.what());
        exit_code = kUsageError;
      } catch (const std::exception& failure) {
        std::fprintf(stderr, "orderflow: stopped by a failure: %s\n", failure.what());
        exit_code = 1;
      }
      --running;
    });
  }
  const timespec pause{0, 200'000'000};
  while (running == static_cast<int>(work.size())) {
    if (sigtimedwait(&signals, nullptr, &pause) > 0) break;
  }
  on_stop();
  stop.request_stop();
  threads.clear();
}

int run_roles(const std::vector<const Role*>& roles, const core::Config& config) {
  core::arm_crash_point(config.text("crash-at"));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);

  core::Metrics metrics(ORDERFLOW_VERSION);
  core::Health health;
  const std::string process_name(roles.size() == 1 ? roles.front()->name : "all");
  core::Logger logger(process_name, config.text("log-level"));
  logger.info("starting", {{"version", ORDERFLOW_VERSION}});
  std::atomic<int> exit_code{0};
  std::jthread farewell;
  const bool is_broker = process_name == "broker";
  std::unique_ptr<core::HealthMonitor> monitor;
  std::unique_ptr<core::TopicKeeper> topics;
  if (!is_broker) {
    monitor = std::make_unique<core::HealthMonitor>(config, health, logger);
    topics = std::make_unique<core::TopicKeeper>(core::kafka_options(config, "orderflow-topics"),
                                                 health, logger, topics_of(config));
  }
  std::unique_ptr<http_api::OpsServer> ops;
  if (roles.size() == 1 && roles.front()->metrics_port_offset != 0) {
    ops = std::make_unique<http_api::OpsServer>(metrics_port(config, *roles.front()), metrics,
                                                health, logger);
    ops->start();
  }

  std::vector<std::unique_ptr<core::Logger>> loggers;
  std::vector<std::function<void(std::stop_token)>> work;
  for (const Role* role : roles) {
    auto& own = *loggers.emplace_back(
        std::make_unique<core::Logger>(std::string(role->name), config.text("log-level")));
    work.emplace_back([&, role](std::stop_token stop) {
      Context context{config, metrics, health, std::move(stop)};
      role->run(context, own);
    });
  }
  run_until_signal(work, signals, exit_code, [&] { farewell = end_in_time(logger, exit_code); });
  return exit_code;
}

int check_config(const core::Config& config) {
  std::fputs(config.describe().c_str(), stdout);
  (void)core::Logger("check-config", config.text("log-level"));  // Refuses an unknown level.
  return 0;
}

int list_crash_points() {
  for (const auto& point : core::crash_point_names()) std::puts(point.c_str());
  return 0;
}

int run(std::string_view name, const std::vector<std::string>& arguments) {
  const auto environment = core::process_environment();
  if (name == "version" || name == "--version") {
    std::puts("orderflow " ORDERFLOW_VERSION);
    return 0;
  }
  if (name == "crash-points") return list_crash_points();
  if (name == "supervise") return compose::run_supervisor(arguments);
  if (name == "audit") return consumers::run_audit(core::Config::load({}, environment), arguments);
  if (name == "sagas") return http_api::run_sagas(core::Config::load({}, environment), arguments);
  if (name == "dead-letters") {
    return http_api::run_dead_letters(core::Config::load({}, environment), arguments);
  }
  if (name == "repartition") {
    return consumers::run_repartition(core::Config::load(arguments, environment));
  }
  if (name == "bench") return bench::run_bench(core::Config::load({}, environment), arguments);

  const auto config = core::Config::load(arguments, environment);
  if (!config.positional().empty()) {
    throw core::BadConfiguration("'" + config.positional().front() +
                                 "' is not understood here; settings look like --http-port=8080");
  }
  if (name == "check-config" || name == "--check-config") return check_config(config);
  if (name == "migrate" || name == "seed") {
    core::Logger logger(std::string(name), config.text("log-level"));
    return name == "migrate" ? schemas::run_migrate(config, logger)
                             : schemas::run_seed(config, logger);
  }
  std::vector<const Role*> roles;
  for (const Role& role : kRoles) {
    // `all` talks to whatever KAFKA_BOOTSTRAP_SERVERS names; the broker stays a process of its own.
    if (role.name == name || (name == "all" && role.name != "broker")) roles.push_back(&role);
  }
  if (!roles.empty()) return run_roles(roles, config);
  std::fprintf(stderr, "orderflow: unknown role '%s'\n\n%s", std::string(name).c_str(),
               std::string(kUsage).c_str());
  return kUsageError;
}

}  // namespace
}  // namespace orderflow

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments.front() == "help" || arguments.front() == "--help") {
    std::fputs(std::string(orderflow::kUsage).c_str(), arguments.empty() ? stderr : stdout);
    return arguments.empty() ? orderflow::kUsageError : 0;
  }
  try {
    return orderflow::run(arguments.front(), {arguments.begin() + 1, arguments.end()});
  } catch (const orderflow::core::BadConfiguration& problem) {
    std::fprintf(stderr, "orderflow: %s\n", problem.what());
    return orderflow::kUsageError;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "orderflow: %s\n", failure.what());
    return 1;
  }
}
