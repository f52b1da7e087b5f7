#include "consumers/runtime/backlog.hpp"

#include <algorithm>

namespace orderflow::consumers {

using core::SteadyTime;

namespace {

constexpr Duration kBelievedFor = std::chrono::seconds{1};
// An owner that is less behind may have been idle in between, so its speed tells nothing.
constexpr Duration kBusyFrom = std::chrono::milliseconds{200};
constexpr Duration kSample = std::chrono::milliseconds{250};
constexpr double kSmoothing = 4;
constexpr int kSooner = 4;
constexpr int kLater = 2;

double seconds_of(SteadyTime::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

void Backlog::observe(const Ages& ages, SteadyTime now) {
  for (const auto& [partition, age] : ages) {
    ages_[partition] = age;
    seen_[partition] = now;
  }
  std::erase_if(ages_,
                [&](const auto& entry) { return now - seen_.at(entry.first) > kBelievedFor; });
  std::erase_if(seen_, [&](const auto& entry) { return !ages_.contains(entry.first); });
}

Duration Backlog::oldest() const {
  Duration oldest{0};
  for (const auto& [partition, age] : ages_) oldest = std::max(oldest, age);
  return oldest;
}

void Backlog::measure_speed(SteadyTime now) {
  if (oldest() < kBusyFrom) {
    measuring_ = false;
    per_second_ = 0;
    return;
  }
  if (!measuring_) {
    measuring_ = true;
  } else if (now - measured_at_ < kSample) {
    return;
  } else {
    const double sample =
        static_cast<double>(handled_ - handled_then_) / seconds_of(now - measured_at_);
    per_second_ = per_second_ == 0 ? sample : per_second_ + (sample - per_second_) / kSmoothing;
  }
  measured_at_ = now;
  handled_then_ = handled_;
}

Duration Backlog::expected_wait(std::int64_t unhandled, SteadyTime now) {
  measure_speed(now);
  const Duration age = oldest();
  if (per_second_ == 0) return age;
  const std::chrono::duration<double> wait(static_cast<double>(unhandled) / per_second_);
  const std::chrono::duration<double> most = kLater * age;  // And a number that fits.
  return std::max(std::chrono::duration_cast<Duration>(std::min(wait, most)), age / kSooner);
}

Duration start_grace(Duration age) {
  return age < kBehindAtLeast ? Duration{0} : std::min(age, kStartGraceMax);
}

Duration start_grace(const Backlog::Ages& ages, std::int32_t partition) {
  const auto found = ages.find(partition);
  return found == ages.end() ? Duration{0} : start_grace(found->second);
}

}  // namespace orderflow::consumers
