#include "consumers/runtime/reading_health.hpp"

#include <utility>

namespace orderflow::consumers {

ReadingHealth::ReadingHealth(const std::string& role, core::Health& health, core::Logger& logger)
    : component_(role + " reading"), health_(health), logger_(logger) {
  health_.set(component_, true);
}

void ReadingHealth::tell(const core::Polled& polled, core::SteadyTime now) {
  if (polled.refusal) {
    refused_at_ = now;
    health_.set(component_, false, polled.refusal->text());
    if (!std::exchange(refused_, true)) {
      logger_.error("Kafka does not let this role read", {{"detail", polled.refusal->text()}});
    }
    return;
  }
  const bool reads = polled.outcome == core::PollOutcome::kMessage;
  if (!reads && now - refused_at_ < kRefusedTimeout) return;
  refused_ = false;
  health_.set(component_, true);
}

}  // namespace orderflow::consumers
