#include "http-api/orders/admission.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

constexpr std::uint64_t kWhole = 1 << 16;
constexpr int kRetryAfterMax = 30;

}  // namespace

void Admission::set_age(core::Duration age) {
  const auto beyond =
      std::clamp<core::Duration>(age - target_, core::Duration{0}, limit_ - target_);
  const auto parts = kWhole * static_cast<std::uint64_t>(beyond.count()) /
                     static_cast<std::uint64_t>((limit_ - target_).count());
  age_us_.store(age.count(), std::memory_order_relaxed);
  refused_share_.store(parts, std::memory_order_relaxed);
}

// Each order adds the share to what is owed; whoever completes a whole is turned away.
bool Admission::admit() {
  const auto share = refused_share_.load(std::memory_order_relaxed);
  if (share == 0) return true;
  const auto owed = owed_.fetch_add(share, std::memory_order_relaxed);
  return owed / kWhole == (owed + share) / kWhole;
}

int Admission::retry_after_seconds() const {
  const auto beyond = std::chrono::ceil<std::chrono::seconds>(age() - target_);
  return static_cast<int>(std::clamp<std::int64_t>(beyond.count(), 1, kRetryAfterMax));
}

}  // namespace orderflow::http_api
