#pragma once

#include <atomic>
#include <cstdint>

#include "core/values/time.hpp"

namespace orderflow::http_api {

// Decides which new orders are refused, from the age of what their owners have not looked at yet.
// Up to a target, a third of the limit, none; from the limit on all; in between a share that grows
// linearly, so that the load settles where owners keep up instead of swinging between all and
// nothing. Refusals are spread evenly (error diffusion): every third order when the share is a
// third.
//
// Any thread may ask; one tells the age.
class LoadShedder {
 public:
  explicit LoadShedder(core::Duration limit) : limit_(limit), target_(target(limit)) {}

  // The age up to which nothing is refused.
  [[nodiscard]] static constexpr core::Duration target(core::Duration limit) {
    return limit / kTargetPart;
  }

  void set_age(core::Duration age);
  [[nodiscard]] core::Duration age() const { return core::Duration{age_us_.load()}; }

  // Whether the order that asks now is admitted.
  [[nodiscard]] bool admit();
  // How long it takes until nothing is refused, if everybody stayed away.
  [[nodiscard]] int retry_after_seconds() const;

 private:
  static constexpr int kTargetPart = 3;

  core::Duration limit_;
  core::Duration target_;
  std::atomic<std::int64_t> age_us_{0};
  std::atomic<std::uint64_t> refused_share_{0};  // In parts of kWhole.
  std::atomic<std::uint64_t> error_{0};          // Refusals that are due, in the same parts.
};

}  // namespace orderflow::http_api
