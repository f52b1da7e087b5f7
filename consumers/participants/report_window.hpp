#pragma once

#include <cstddef>
#include <limits>
#include <optional>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// How many reports may be sent: flow control by acknowledgements. Without limit while some come. If
// none has come for an interval, nobody reads the reports, and repeating all of them would only
// lengthen what the reader must go through later; so kSize of them are sent each interval, and the
// first acknowledgement lifts the limit. A value; the clock is passed in.
class ReportWindow {
 public:
  static constexpr std::size_t kSize = 100;

  explicit ReportWindow(core::Duration interval) : interval_(interval) {}

  void acknowledged() {
    unanswered_since_.reset();
    limited_ = false;
  }
  void sent(core::Time now) {
    if (!unanswered_since_) unanswered_since_ = now;
    if (limited_ && left_ > 0) --left_;
  }

  // How many may be sent now.
  [[nodiscard]] std::size_t room(core::Time now) {
    limited_ = unanswered_since_ && now - *unanswered_since_ > interval_;
    if (!limited_) return std::numeric_limits<std::size_t>::max();
    if (now >= ends_) {
      left_ = kSize;
      ends_ = now + interval_;
    }
    return left_;
  }
  // When there is room again, as of the latest room() or acknowledged(). Time{}: there is.
  [[nodiscard]] core::Time next() const { return limited_ && left_ == 0 ? ends_ : core::Time{}; }

 private:
  core::Duration interval_;
  std::optional<core::Time> unanswered_since_;  // The first report since the last acknowledgement.
  bool limited_ = false;
  std::size_t left_ = 0;  // Of this window.
  core::Time ends_{};
};

}  // namespace orderflow::consumers
