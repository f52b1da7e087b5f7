// Wires the program, top to bottom: which word runs what, and what a long-running role is given.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/bench.hpp"
#include "consumers/participants/participants.hpp"
#include "consumers/sagas/orchestrator.hpp"
#include "core/async/descriptors.hpp"
#include "core/async/memory.hpp"
#include "core/async/process.hpp"
#include "core/kafka/admin.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/observe/settings.hpp"
#include "core/settings/arguments.hpp"
#include "core/settings/command_line.hpp"
#include "core/settings/nearest.hpp"
#include "core/settings/settings.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "http-api/api_role.hpp"
#include "http-api/health/health_monitor.hpp"
#include "http-api/health/ops_server.hpp"
#include "http-api/settings.hpp"
#include "schemas/migrate.hpp"
#include "schemas/seed.hpp"
#include "tools/all_settings.hpp"
#include "tools/audit.hpp"
#include "tools/broker.hpp"
#include "tools/dead_letters.hpp"
#include "tools/held_events.hpp"
#include "tools/kafka_check.hpp"
#include "tools/psql.hpp"
#include "tools/repartition.hpp"
#include "tools/sagas.hpp"
#include "tools/session_budget.hpp"

namespace orderflow {
namespace {

using Words = std::vector<std::string>;

constexpr int kUsageError = 2;

// ---- long-running roles -------------------------------------------------------------------------

// What every long-running role works with.
struct Context {
  const core::Settings& settings;
  core::Logger& logger;
  core::Metrics& metrics;
  core::Health& health;
  std::stop_token stop;
};

// How the rows of events::kRoles are run.
struct Runner {
  std::string_view role;
  void (*run)(const Context&);
};

constexpr Runner kRunners[] = {
    {"api",
     [](const Context& c) {
       http_api::run_api(c.settings, c.logger, c.metrics, c.health, c.stop);
     }},
    {"orchestrator",
     [](const Context& c) {
       consumers::run_orchestrator(c.settings, c.logger, c.metrics, c.health, c.stop);
     }},
    {"payments",
     [](const Context& c) {
       consumers::run_payments(c.settings, c.logger, c.metrics, c.health, c.stop);
     }},
    {"delivery",
     [](const Context& c) {
       consumers::run_delivery(c.settings, c.logger, c.metrics, c.health, c.stop);
     }},
    {"broker", [](const Context& c) { tools::run_broker(c.settings, c.logger, c.stop); }},
};

constexpr const Runner& runner_of(std::string_view role) {
  return *std::find_if(std::begin(kRunners), std::end(kRunners),
                       [role](const Runner& runner) { return runner.role == role; });
}
static_assert(std::all_of(events::kRoles.begin(), events::kRoles.end(),
                          [](const auto& role) { return runner_of(role.name).run != nullptr; }),
              "each row of events::kRoles needs a runner");
static_assert(std::size(kRunners) == events::kRoles.size());

// The role of that name, or those of `all`; none when there is no such role.
std::vector<events::Role> roles_named(std::string_view name) {
  std::vector<events::Role> roles;
  std::copy_if(events::kRoles.begin(), events::kRoles.end(), std::back_inserter(roles),
               [name](const events::Role& role) {
                 return role.name == name || (name == "all" && role.in_all);
               });
  return roles;
}

// Where a role of its own process serves health and metrics; nothing when it does so on the HTTP
// port. 0 lets the system choose.
std::optional<std::uint16_t> metrics_port(const core::Settings& settings,
                                          const events::Role& role) {
  if (role.metrics_port_offset == 0) return std::nullopt;
  int base = settings.get(http_api::kMetricsPortBase);
  if (const int http_port = settings.get(http_api::kHttpPort); base == 0 && http_port != 0) {
    base = http_port + 1000;
  }
  const int port = base == 0 ? 0 : base + role.metrics_port_offset;
  if (port > std::numeric_limits<std::uint16_t>::max()) {
    throw core::BadConfiguration(
        "there is no port " + std::to_string(port) +
        " for health and metrics; set ORDERFLOW_METRICS_PORT_BASE to a lower one");
  }
  return static_cast<std::uint16_t>(port);
}

void arm_crash_point(const core::Settings& settings, const std::vector<events::Role>& roles) {
  const auto& plan = settings.get(events::kCrashAt);
  if (!plan) return;
  const bool ours = std::any_of(roles.begin(), roles.end(),
                                [&](const auto& role) { return role.name == plan->role; });
  if (ours) core::arm_crash_point(*plan);
}

int run_roles(std::string_view name, const std::vector<events::Role>& roles,
              const core::Settings& settings) {
  arm_crash_point(settings, roles);
  core::raise_descriptor_limit();
  core::give_large_buffers_back();
  core::Process process;
  core::Logger logger{std::string(name), settings.get(core::kLogLevel)};
  core::Metrics metrics(ORDERFLOW_VERSION);
  const bool needs_broker = std::any_of(
      roles.begin(), roles.end(), [](const auto& role) { return !role.can_do_without_broker; });
  core::Health health(needs_broker ? std::set<std::string>{}
                                   : std::set<std::string>{"kafka", "topics"});
  logger.info("starting", {{"version", ORDERFLOW_VERSION}});
  for (const auto& warning : settings.warnings()) logger.warning(warning);

  std::optional<http_api::HealthMonitor> monitor;
  std::optional<core::TopicKeeper> topics;
  if (name != events::kBroker.name) {
    monitor.emplace(settings, health, logger);
    topics.emplace(core::kafka_options(settings, "orderflow-topics"), health, logger,
                   tools::topics_of(settings));
  }
  std::optional<http_api::OpsServer> ops;
  if (const auto port = roles.size() == 1 ? metrics_port(settings, roles.front()) : std::nullopt) {
    ops.emplace(settings.get(http_api::kHttpHost), *port, metrics, health, logger);
    ops->start();
  }

  std::vector<std::unique_ptr<core::Logger>> loggers;
  std::vector<core::Process::Work> work;
  for (const events::Role& role : roles) {
    auto& own = *loggers.emplace_back(
        std::make_unique<core::Logger>(std::string(role.name), settings.get(core::kLogLevel)));
    work.emplace_back([&, run = runner_of(role.name).run](std::stop_token stop) {
      run({settings, own, metrics, health, std::move(stop)});
    });
  }
  return process.run(work);
}

// ---- everything else ----------------------------------------------------------------------------

int report_kafka(const core::Settings& settings) {
  std::fflush(stdout);
  const auto report = tools::check_kafka(settings);
  for (const auto& note : report.notes) std::printf("Kafka: %s\n", note.c_str());
  for (const auto& problem : report.problems) std::printf("Kafka: %s\n", problem.c_str());
  if (report.problems.empty()) std::printf("Kafka answers, and has what is needed.\n");
  return report.problems.empty() ? 0 : 1;
}

int check_config(const core::SettingsSources& sources, std::span<const std::string> words) {
  std::vector<std::string> names;
  core::CommandLine line("orderflow check-config",
                         "Lists every setting with its value and where that came from, and asks "
                         "Kafka what it makes of them.",
                         sources, core::CommandLine::SettingFlags::kListed);
  line.app()
      .add_option("--shell", names,
                  "instead print these settings for a shell to evaluate: as they are, secrets "
                  "included")
      ->type_name("NAME...");
  bool offline = false;
  line.app().add_flag("--offline", offline, "ask nobody");
  const auto settings = line.parse(words);
  if (!settings) return 0;
  const auto budget = tools::session_budget(*settings);
  if (!names.empty()) {
    std::fputs(settings->for_shell(names).c_str(), stdout);
    std::printf("database_sessions=%zu\n", budget.total());
    return 0;
  }
  for (const auto& warning : settings->warnings()) {
    std::fprintf(stderr, "orderflow: %s\n", warning.c_str());
  }
  std::fputs(settings->describe().c_str(), stdout);
  std::printf("%s\n", tools::shown(budget).c_str());
  return offline ? 0 : report_kafka(*settings);
}

// The settings of a command that takes nothing else; nothing when it was asked for --help.
std::optional<core::Settings> settings_only(std::string_view name, const std::string& summary,
                                            const core::SettingsSources& sources,
                                            std::span<const std::string> words) {
  core::CommandLine line("orderflow " + std::string(name), summary, sources,
                         core::CommandLine::SettingFlags::kListed);
  return line.parse(words);
}

int migrate(const core::SettingsSources& sources, std::span<const std::string> words) {
  const auto settings = settings_only("migrate", "Makes and updates the tables.", sources, words);
  if (!settings) return 0;
  core::Logger logger("migrate", settings->get(core::kLogLevel));
  const int code = schemas::run_migrate(*settings, logger);
  tools::require_sessions(*settings);
  return code;
}

int seed(const core::SettingsSources& sources, std::span<const std::string> words) {
  const auto settings = settings_only("seed", "Adds people and products.", sources, words);
  if (!settings) return 0;
  core::Logger logger("seed", settings->get(core::kLogLevel));
  return schemas::run_seed(*settings, logger);
}

// For a command that needs no settings. False when only its --help was asked for.
bool takes_nothing(const std::string& name, const std::string& summary,
                   std::span<const std::string> words) {
  CLI::App app(summary, "orderflow " + name);
  return core::parse_arguments(app, words);
}

int list_crash_points(const core::SettingsSources& /*sources*/,
                      std::span<const std::string> words) {
  if (!takes_nothing("crash-points", "Lists what ORDERFLOW_CRASH_AT may name.", words)) return 0;
  for (const auto& point : core::crash_point_names(events::kCrashRoles)) std::puts(point.c_str());
  return 0;
}

int print_version(const core::SettingsSources& /*sources*/, std::span<const std::string> words) {
  if (takes_nothing("version", "Prints the version.", words)) {
    std::puts("orderflow " ORDERFLOW_VERSION);
  }
  return 0;
}

// For words that do something and end.
struct Command {
  std::string_view name;
  int (*run)(const core::SettingsSources& sources, std::span<const std::string> words);
};

constexpr Command kOnce[] = {
    {"migrate", migrate},           {"seed", seed},
    {"audit", tools::run_audit},    {"bench", bench::run_bench},
    {"check-config", check_config}, {"crash-points", list_crash_points},
    {"psql", tools::run_psql},      {"version", print_version},
};
constexpr Command kForOperators[] = {
    {"sagas", tools::run_sagas},
    {"dead-letters", tools::run_dead_letters},
    {"held-events", tools::run_held_events},
    {"repartition", tools::run_repartition},
};

std::string usage() {
  std::string text = "usage: orderflow ROLE [--setting=value ...]\n\nlong-running:";
  for (const auto& role : events::kRoles) text.append("  ").append(role.name);
  text += "  all\nonce:        ";
  for (const auto& command : kOnce) text.append("  ").append(command.name);
  text += "\noperators:   ";
  for (const auto& command : kForOperators) text.append("  ").append(command.name);
  return text +
         "\n\n`orderflow NAME --help` says what it takes; `orderflow check-config` lists every "
         "setting\nwith its value and where that came from.\n";
}

int refuse_name(const std::string& name) {
  std::vector<std::string> names{"all"};
  for (const auto& role : events::kRoles) names.emplace_back(role.name);
  for (const auto& command : kOnce) names.emplace_back(command.name);
  for (const auto& command : kForOperators) names.emplace_back(command.name);
  std::fprintf(stderr, "orderflow: unknown role '%s'%s\n\n%s", name.c_str(),
               core::did_you_mean(name, names).c_str(), usage().c_str());
  return kUsageError;
}

int run(const std::string& name, const Words& words) {
  const auto environment = core::process_environment();
  const core::SettingsSources sources{tools::all_settings(), environment};
  for (const std::span<const Command> commands :
       {std::span<const Command>(kOnce), {kForOperators}}) {
    for (const Command& command : commands) {
      if (command.name == name) return command.run(sources, words);
    }
  }
  const auto roles = roles_named(name);
  if (roles.empty()) return refuse_name(name);
  const auto settings = settings_only(name, "Runs until SIGTERM or SIGINT.", sources, words);
  return settings ? run_roles(name, roles, *settings) : 0;
}

}  // namespace
}  // namespace orderflow

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words.front() == "help" || words.front() == "--help") {
    std::fputs(orderflow::usage().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? orderflow::kUsageError : 0;
  }
  // The two commands that people also look for as options.
  for (const char* option : {"--version", "--check-config"}) {
    if (words.front() == option) words.front().erase(0, 2);
  }
  try {
    return orderflow::run(words.front(), {words.begin() + 1, words.end()});
  } catch (const orderflow::core::BadConfiguration& problem) {
    std::fprintf(stderr, "orderflow: %s\n", problem.what());
    return orderflow::kUsageError;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "orderflow: %s\n", failure.what());
    return 1;
  }
}
