#pragma once

#include <algorithm>
#include <optional>

#include "core/values/time.hpp"

namespace orderflow::http_api {

// For how long owners have been silent, as far as this process can have seen: an age that the
// database has kept from before it started says nothing about what lives now. Owners that this
// process has never heard may be starting, as it is; their silence counts once kStartTimeout is
// over. A value; the clock is passed in.
class OwnerSilence {
 public:
  // Longer than a consumer group takes to form.
  static constexpr core::Duration kStartTimeout = std::chrono::seconds{20};

  explicit OwnerSilence(core::SteadyTime started) : since_(started + kStartTimeout) {}

  // Owners were found silent, or not. Returns for how long they have been.
  [[nodiscard]] core::Duration observe(bool silent, core::SteadyTime now) {
    if (!silent) since_ = now;
    return std::max(std::chrono::duration_cast<core::Duration>(now - since_), core::Duration{0});
  }

 private:
  core::SteadyTime since_;
};

}  // namespace orderflow::http_api
