#include "domain/simulation.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "core/values/mixing.hpp"

namespace orderflow::domain {
namespace {

// The value that passes only while it is the first attempt.
SimulatedOutcome only_first(int attempt, SimulatedOutcome simulated) {
  return attempt <= 1 ? simulated : SimulatedOutcome::kNormal;
}

std::optional<SimulatedOutcome> magic_of_amount(std::int64_t amount, int attempt) {
  switch (amount % 100) {
    case 51: return SimulatedOutcome::kRefused;
    case 52: return only_first(attempt, SimulatedOutcome::kSilent);
    case 53: return only_first(attempt, SimulatedOutcome::kFailed);
    case 54: return only_first(attempt, SimulatedOutcome::kReplyLost);
    case 55: return SimulatedOutcome::kSilent;
    case 56: return SimulatedOutcome::kFailed;
    default: return std::nullopt;
  }
}

std::optional<SimulatedOutcome> magic_of_address(std::string_view text, int attempt) {
  // Nearly all addresses ask for nothing, and need not be read for that.
  if (text.find("\"simulate:") == text.npos) return std::nullopt;
  const auto address = nlohmann::json::parse(text, nullptr, false);
  const auto line = address.find("line2");
  if (line == address.end() || !line->is_string()) return std::nullopt;
  const auto& value = line->get_ref<const std::string&>();
  if (value == "simulate:no-carrier") return SimulatedOutcome::kRefused;
  if (value == "simulate:silent-once") return only_first(attempt, SimulatedOutcome::kSilent);
  if (value == "simulate:failed-once") return only_first(attempt, SimulatedOutcome::kFailed);
  if (value == "simulate:reply-lost-once") return only_first(attempt, SimulatedOutcome::kReplyLost);
  if (value == "simulate:silent") return SimulatedOutcome::kSilent;
  if (value == "simulate:failed") return SimulatedOutcome::kFailed;
  return std::nullopt;
}

}  // namespace

double chance(std::uint64_t seed, const core::Uuid& command, std::string_view salt, int attempt) {
  std::uint64_t state = core::split_mix(seed);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < command.bytes.size(); ++i) {
    word = (word << 8) | command.bytes[i];
    if (i % 8 == 7) state = core::split_mix(state ^ word);
  }
  for (const char c : salt) state = core::split_mix(state ^ static_cast<unsigned char>(c));
  state = core::split_mix(state ^ static_cast<std::uint64_t>(attempt));
  return core::unit_interval(state);
}

SimulatedOutcome Simulation::drawn(const core::Uuid& command, int attempt, std::string_view salt,
                                   double refused) const {
  const std::string key(salt);
  if (chance(rates_.seed, command, key + "/silent", attempt) < rates_.silent)
    return SimulatedOutcome::kSilent;
  if (chance(rates_.seed, command, key + "/failed", attempt) < rates_.failed)
    return SimulatedOutcome::kFailed;
  if (chance(rates_.seed, command, key + "/refused", 0) < refused)
    return SimulatedOutcome::kRefused;
  return SimulatedOutcome::kNormal;
}

SimulatedOutcome Simulation::of_capture(const core::Uuid& command, int attempt,
                                        std::int64_t amount) const {
  if (rates_.magic) {
    if (const auto simulated = magic_of_amount(amount, attempt)) return *simulated;
  }
  return drawn(command, attempt, "capture", rates_.refused);
}

SimulatedOutcome Simulation::of_schedule(const core::Uuid& command, int attempt,
                                         std::string_view address) const {
  if (rates_.magic) {
    if (const auto simulated = magic_of_address(address, attempt)) return *simulated;
  }
  return drawn(command, attempt, "schedule", rates_.refused);
}

SimulatedOutcome Simulation::of_other(const core::Uuid& command, int attempt,
                                      std::string_view salt) const {
  return drawn(command, attempt, salt, 0);
}

}  // namespace orderflow::domain
