#pragma once

#include <cstdint>
#include <string_view>

#include "core/values/uuid.hpp"
#include "events/messages.hpp"

namespace orderflow::domain {

// What the simulated outside world (card network, carrier) does with one attempt of a command.
enum class SimulatedOutcome {
  kNormal,
  kSilent,     // No effect and no reply: a request that timed out on its way.
  kFailed,     // No effect, a technical failure is answered.
  kReplyLost,  // The effect happens, its reply is lost.
  kRefused,    // The business answer is no: card declined, no carrier.
};

struct SimulationRates {
  std::uint64_t seed = 1;
  double refused = 0;  // Share of actions, final for a command.
  double silent = 0;   // Share of attempts.
  double failed = 0;   // Share of attempts.
  bool magic = false;  // Obey magic values (see domain/README.md). Never set in production.
};

// Deterministic in [0, 1): the same seed, command, salt and attempt give the same number
// everywhere.
[[nodiscard]] double chance(std::uint64_t seed, const core::Uuid& command, std::string_view salt,
                            int attempt);

// Failures that a seed decides. Pure. A refusal ignores the attempt, since a card that was declined
// stays declined; silence and technical failures depend on it, so that a retry can succeed.
class Simulation {
 public:
  explicit Simulation(SimulationRates rates) : rates_(rates) {}

  // A capture of `amount`. With magic, the last two digits of the amount choose.
  [[nodiscard]] SimulatedOutcome of_capture(const core::Uuid& command, int attempt,
                                            std::int64_t amount) const;

  // A schedule to `address`, a JSON object. With magic, its `line2` chooses.
  [[nodiscard]] SimulatedOutcome of_schedule(const core::Uuid& command, int attempt,
                                             std::string_view address) const;

  // An undo or a later refund: never refused, but silent or failing like any other command.
  [[nodiscard]] SimulatedOutcome of_other(const core::Uuid& command, int attempt,
                                          std::string_view salt) const;

 private:
  [[nodiscard]] SimulatedOutcome drawn(const core::Uuid& command, int attempt,
                                       std::string_view salt, double refused) const;

  SimulationRates rates_;
};

}  // namespace orderflow::domain
