#include "http-api/middleware/load_shedding.hpp"

#include <algorithm>

#include "http-api/middleware/middleware.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::uint64_t kWhole = 1 << 16;
constexpr int kRetryAfterMax = 30;

Problem overload(int retry_after_seconds) {
  return {429, "overloaded", "More orders arrive than can be processed; try again later.", true,
          retry_after_seconds};
}

asio::awaitable<Response> turned_away(Problem problem, const RequestContext& context) {
  co_return problem_response(problem, context.trace.correlation_id);
}

bool has_key(const RequestContext& context) {
  return context.policy.key != KeyUse::kNone && context.request.has_header("Idempotency-Key");
}

}  // namespace

void LoadShedder::set_age(core::Duration age) {
  const auto beyond =
      std::clamp<core::Duration>(age - target_, core::Duration{0}, limit_ - target_);
  const auto parts = kWhole * static_cast<std::uint64_t>(beyond.count()) /
                     static_cast<std::uint64_t>((limit_ - target_).count());
  age_us_.store(age.count(), std::memory_order_relaxed);
  refused_share_.store(parts, std::memory_order_relaxed);
}

// Each order adds the share to the error; the one that completes a whole is refused.
bool LoadShedder::admit() {
  const auto share = refused_share_.load(std::memory_order_relaxed);
  if (share == 0) return true;
  const auto error = error_.fetch_add(share, std::memory_order_relaxed);
  return error / kWhole == (error + share) / kWhole;
}

int LoadShedder::retry_after_seconds() const {
  const auto beyond = std::chrono::ceil<std::chrono::seconds>(age() - target_);
  return static_cast<int>(std::clamp<std::int64_t>(beyond.count(), 1, kRetryAfterMax));
}

Middleware load_shedding(LoadShedder& shedder) {
  return [&shedder](const Route& route, Handler next) -> Handler {
    if (!route.policy.sheds_load) return next;
    return [&shedder, next = std::move(next)](RequestContext& context) {
      if (shedder.admit()) return next(context);
      Problem problem = overload(shedder.retry_after_seconds());
      if (!has_key(context)) return turned_away(std::move(problem), context);
      context.overload = std::move(problem);
      return next(context);
    };
  };
}

}  // namespace orderflow::http_api
