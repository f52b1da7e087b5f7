#include "tests/chaos/options.hpp"

#include <limits>

#include "core/settings/arguments.hpp"
#include "tests/chaos/schedule.hpp"

namespace orderflow::chaos {
namespace {

constexpr const char* kSummary =
    "Steady load on an installation of its own, on real Kafka and PostgreSQL, while a seed decides "
    "what dies, stops, forgets or is cut off. At the end everything is healed, and the clients' "
    "own "
    "records are compared with what the installation says.";
// Each lane of faults has a seed of its own that follows from the given one.
constexpr std::uint64_t kSeedMax = std::numeric_limits<std::int64_t>::max() / 2 - 1;

}  // namespace

std::uint64_t seed_of_day(core::Time time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return static_cast<std::uint64_t>(static_cast<int>(day.year())) * 10'000 +
         static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day());
}

std::optional<Options> read_options(std::span<const std::string> arguments) {
  Options options;
  CLI::App app(kSummary, "orderflow chaos");
  options.seed = seed_of_day(core::process_now());
  const auto add = [&app](const char* name, auto& value, const char* help, auto least, auto most) {
    return app.add_option(name, value, help)->capture_default_str()->check(CLI::Range(least, most));
  };
  add("--minutes", options.minutes, "how long", 1, 100'000);
  add("--sagas", options.sagas, "instead: until so many orders are accepted", 1, 100'000'000);
  add("--seed", options.seed, "the same seed, the same faults; by default the day's",
      std::uint64_t{0}, kSeedMax)
      ->envname("ORDERFLOW_TEST_SEED");
  add("--clients", options.clients, "client threads", 1, 64);
  add("--rate", options.rate, "operations a second of all clients; 0: no pause", 0, 100'000);
  add("--calm", options.calm, "the same faults, the pauses between them N times as long", 1, 1'000);
  app.add_option("--only", options.only, "only faults of these kinds, by the names of the report")
      ->type_name("KIND")
      ->check(CLI::IsMember(fault_names()));
  app.add_option("--other-binary", options.other_binary,
                 "another build of orderflow that runs beside this one for a while");
  app.add_flag("--plan", options.plan, "print the faults of that time and stop");
  if (!core::parse_arguments(app, arguments)) return std::nullopt;
  return options;
}

}  // namespace orderflow::chaos
