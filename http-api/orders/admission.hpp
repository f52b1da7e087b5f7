#pragma once

#include <atomic>
#include <cstdint>

#include "core/values/time.hpp"

namespace orderflow::http_api {

// Decides which new orders are turned away, from the age of what owners have not got to. Up to a
// target, a third of the limit, none; from the limit on all; in between a share that grows
// linearly, so that admission settles where owners keep up instead of swinging between all and
// nothing. Which orders they are is no matter of chance: every third is turned away when the share
// is a third.
//
// Any thread may ask; one tells the age.
class Admission {
 public:
  explicit Admission(core::Duration limit) : limit_(limit), target_(limit / kTargetPart) {}

  void set_age(core::Duration age);
  [[nodiscard]] core::Duration age() const { return core::Duration{age_us_.load()}; }

  // Whether the order that asks now is admitted.
  [[nodiscard]] bool admit();
  // How long it takes until nothing is turned away, if everybody stayed away.
  [[nodiscard]] int retry_after_seconds() const;

 private:
  static constexpr int kTargetPart = 3;

  core::Duration limit_;
  core::Duration target_;
  std::atomic<std::int64_t> age_us_{0};
  std::atomic<std::uint64_t> refused_share_{0};  // In parts of kWhole.
  std::atomic<std::uint64_t> owed_{0};           // Refusals, in the same parts.
};

}  // namespace orderflow::http_api
