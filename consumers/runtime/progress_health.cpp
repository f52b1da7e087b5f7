#include "consumers/runtime/progress_health.hpp"

namespace orderflow::consumers {

ProgressHealth::ProgressHealth(const std::string& role, core::Health& health)
    : component_(role + " progress"), health_(health) {
  health_.set(component_, true);
}

void ProgressHealth::failed(const std::string& why, core::SteadyTime now) {
  last_failure_ = now;
  if (!failing_since_) failing_since_ = now;
  if (now - *failing_since_ >= kFailingTimeout) {
    health_.set(component_, false, "nothing succeeds: " + why);
  }
}

void ProgressHealth::has_done_a_batch() {
  if (!failing_since_) return;
  failing_since_.reset();
  health_.set(component_, true);
}

void ProgressHealth::lives(core::SteadyTime now) {
  if (now - last_failure_ >= kFailingTimeout) has_done_a_batch();
}

}  // namespace orderflow::consumers
