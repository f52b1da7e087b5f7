#include "core/net/call_breaker.hpp"

namespace orderflow::core {
namespace {

constexpr int kSlicesOfWindow = 10;

}  // namespace

CallBreaker::CallBreaker(Rules rules)
    : rules_(rules),
      breaker_(rules.pause),
      calls_(rules.window / kSlicesOfWindow),
      failures_(rules.window / kSlicesOfWindow) {}

CallBreaker::Admission CallBreaker::admit(Time now) {
  if (breaker_.closed()) return Admission::kCall;
  if (now < breaker_.next_probe()) return Admission::kRefused;
  breaker_.probe_sent(now);
  return Admission::kProbe;
}

void CallBreaker::ended(Admission admission, bool failed, Time now) {
  if (admission == Admission::kProbe) {
    if (failed) return breaker_.probe_missed(now);
    breaker_.answered(now);
    calls_.clear();
    failures_.clear();
    return;
  }
  // Calls that began before it opened prove nothing that the probe will not.
  if (admission == Admission::kRefused || !breaker_.closed()) return;
  calls_.add(now);
  if (!failed) return;
  failures_.add(now);
  const std::int64_t calls = calls_.total(now);
  const auto share = static_cast<double>(failures_.total(now)) / static_cast<double>(calls);
  if (calls >= rules_.calls_min && share >= rules_.failure_share) breaker_.open(now + rules_.pause);
}

}  // namespace orderflow::core
