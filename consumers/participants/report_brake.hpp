#pragma once

#include <cstddef>
#include <limits>
#include <optional>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// How many reports may go out. As many as are due, unless none has been acknowledged for
// `interval`: then nobody reads them, and to repeat each would only pile up what its reader must go
// through later. So a wave of them asks each interval, and the first answer lets all go. A value;
// the clock is passed in.
class ReportBrake {
 public:
  static constexpr std::size_t kWave = 100;

  explicit ReportBrake(core::Duration interval) : interval_(interval) {}

  void acknowledged() {
    unanswered_since_.reset();
    braking_ = false;
  }
  void reported(core::Time now) {
    if (!unanswered_since_) unanswered_since_ = now;
    if (braking_ && left_ > 0) --left_;
  }

  // How many may go now.
  [[nodiscard]] std::size_t room(core::Time now) {
    braking_ = unanswered_since_ && now - *unanswered_since_ > interval_;
    if (!braking_) return std::numeric_limits<std::size_t>::max();
    if (now >= wave_ends_) {
      left_ = kWave;
      wave_ends_ = now + interval_;
    }
    return left_;
  }
  // By the latest room() or answer: when there is room again. Time{}: there is.
  [[nodiscard]] core::Time next() const {
    return braking_ && left_ == 0 ? wave_ends_ : core::Time{};
  }

 private:
  core::Duration interval_;
  std::optional<core::Time> unanswered_since_;  // The first report since the last answer.
  bool braking_ = false;
  std::size_t left_ = 0;
  core::Time wave_ends_{};
};

}  // namespace orderflow::consumers
