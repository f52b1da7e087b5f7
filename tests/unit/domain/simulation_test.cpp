#include "domain/simulation.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::domain {
namespace {

core::Uuid command(std::uint16_t number) {
  core::Uuid uuid;
  uuid.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return uuid;
}

constexpr int kMany = 4'000;

int count(const Simulation& simulation, int attempt, SimulatedOutcome simulated) {
  int found = 0;
  for (std::uint16_t i = 0; i < kMany; ++i) {
    if (simulation.of_capture(command(i), attempt, 100) == simulated) ++found;
  }
  return found;
}

TEST_CASE("without rates nothing ever fails") {
  const Simulation calm(SimulationRates{});
  CHECK(count(calm, 1, SimulatedOutcome::kNormal) == kMany);
}

TEST_CASE("rates are met, and rates of one always fail") {
  const int declined = count(Simulation({7, 0.25, 0, 0, false}), 1, SimulatedOutcome::kRefused);
  CHECK(declined > kMany / 5);
  CHECK(declined < kMany * 3 / 10);
  CHECK(count(Simulation({7, 1, 0, 0, false}), 1, SimulatedOutcome::kRefused) == kMany);
  CHECK(count(Simulation({7, 0, 1, 0, false}), 1, SimulatedOutcome::kSilent) == kMany);
  CHECK(count(Simulation({7, 0, 0, 1, false}), 1, SimulatedOutcome::kFailed) == kMany);
}

TEST_CASE("the same seed makes the same failures, another seed others") {
  const SimulationRates rates{7, 0.5, 0.2, 0.2, false};
  SimulationRates other = rates;
  other.seed = 8;
  int differing = 0;
  for (std::uint16_t i = 0; i < kMany; ++i) {
    const SimulatedOutcome simulated = Simulation(rates).of_capture(command(i), 1, 100);
    CHECK(Simulation(rates).of_capture(command(i), 1, 100) == simulated);
    if (Simulation(other).of_capture(command(i), 1, 100) != simulated) ++differing;
  }
  CHECK(differing > kMany / 4);
}

TEST_CASE("a declined card stays declined, a silence ends with a later attempt") {
  const Simulation declining({7, 0.5, 0, 0, false});
  const Simulation silent({7, 0, 0.5, 0, false});
  int recovered = 0;
  for (std::uint16_t i = 0; i < kMany; ++i) {
    CHECK(declining.of_capture(command(i), 1, 100) == declining.of_capture(command(i), 2, 100));
    const bool once = silent.of_capture(command(i), 1, 100) == SimulatedOutcome::kSilent;
    if (once && silent.of_capture(command(i), 2, 100) == SimulatedOutcome::kNormal) ++recovered;
  }
  CHECK(recovered > kMany / 5);
}

TEST_CASE("undos and refunds are never refused by chance") {
  const Simulation simulation({7, 1, 0, 0, true});
  CHECK(simulation.of_other(command(1), 1, "undo") == SimulatedOutcome::kNormal);
}

TEST_CASE("magic values choose a failure") {
  struct Case {
    std::int64_t amount;
    const char* line;
    SimulatedOutcome first;
    SimulatedOutcome second;
  };
  const Case cases[] = {
      {1'051, "simulate:no-carrier", SimulatedOutcome::kRefused, SimulatedOutcome::kRefused},
      {1'052, "simulate:silent-once", SimulatedOutcome::kSilent, SimulatedOutcome::kNormal},
      {1'053, "simulate:failed-once", SimulatedOutcome::kFailed, SimulatedOutcome::kNormal},
      {1'054, "simulate:reply-lost-once", SimulatedOutcome::kReplyLost, SimulatedOutcome::kNormal},
      {1'055, "simulate:silent", SimulatedOutcome::kSilent, SimulatedOutcome::kSilent},
      {1'056, "simulate:failed", SimulatedOutcome::kFailed, SimulatedOutcome::kFailed},
      {1'000, "Back door", SimulatedOutcome::kNormal, SimulatedOutcome::kNormal},
  };
  const Simulation magic({7, 0, 0, 0, true});
  const Simulation plain({7, 0, 0, 0, false});
  for (const auto& one : cases) {
    INFO(one.line);
    const std::string address = nlohmann::json{{"line2", one.line}}.dump();
    CHECK(magic.of_capture(command(1), 1, one.amount) == one.first);
    CHECK(magic.of_capture(command(1), 2, one.amount) == one.second);
    CHECK(magic.of_schedule(command(1), 1, address) == one.first);
    CHECK(magic.of_schedule(command(1), 2, address) == one.second);
    // Without the switch they are amounts and addresses like any other.
    CHECK(plain.of_capture(command(1), 1, one.amount) == SimulatedOutcome::kNormal);
    CHECK(plain.of_schedule(command(1), 1, address) == SimulatedOutcome::kNormal);
  }
}

}  // namespace
}  // namespace orderflow::domain
