#include "consumers/runtime/reading_health.hpp"

#include <utility>

namespace orderflow::consumers {

ReadingHealth::ReadingHealth(const std::string& role, core::Health& health, core::Logger& logger)
    : component_(role + " reading"), health_(health), logger_(logger) {
  health_.set(component_, true);
}

void ReadingHealth::tell(const core::Polled& polled, core::SteadyTime now) {
  if (polled.refusal) return refused(polled.refusal->text(), now);
  if (no_member_) return;
  const bool reads = polled.outcome == core::PollOutcome::kMessage;
  if (!reads && now - refused_at_ < kRefusedTimeout) return;
  refused_ = false;
  health_.set(component_, true);
}

void ReadingHealth::is_no_member(const std::string& why, core::SteadyTime now) {
  no_member_ = true;
  refused_ = true;  // The log has it already.
  refused_at_ = now;
  health_.set(component_, false, why);
}

void ReadingHealth::is_member() {
  if (!std::exchange(no_member_, false)) return;
  refused_ = false;
  health_.set(component_, true);
}

void ReadingHealth::refused(const std::string& why, core::SteadyTime now) {
  refused_at_ = now;
  health_.set(component_, false, why);
  if (std::exchange(refused_, true)) return;
  logger_.error("Kafka does not let this role read", {{"detail", why}});
}

}  // namespace orderflow::consumers
