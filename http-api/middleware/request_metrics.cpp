#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "http-api/middleware/middleware.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kMethodCount = 6;
// Every status this server gives; the metrics keep a slot for each.
constexpr std::array kStatuses{200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 408, 409,
                               412, 413, 414, 415, 417, 422, 429, 431, 499, 500, 501, 503};

// The series of one route. A slot is set on first use, then read by every thread without a lock.
class RouteMetrics {
 public:
  RouteMetrics(core::Metrics& metrics, std::string role, std::string route)
      : metrics_(metrics), role_(std::move(role)), route_(std::move(route)) {}

  void record(Method method, int status, std::chrono::duration<double> took) {
    const auto* const found = std::find(kStatuses.begin(), kStatuses.end(), status);
    if (found == kStatuses.end()) return;
    const auto status_index = static_cast<std::size_t>(found - kStatuses.begin());
    auto& slot = slots_[(static_cast<std::size_t>(method) * kStatuses.size()) + status_index];
    const Series* series = slot.load(std::memory_order_acquire);
    if (series == nullptr) {
      series = make_series(method, status);
      slot.store(series, std::memory_order_release);
    }
    series->requests.Increment();
    series->seconds.Observe(took.count());
  }

 private:
  struct Series {
    prometheus::Counter& requests;
    prometheus::Histogram& seconds;
  };

  const Series* make_series(Method method, int status) {
    const core::MetricLabels labels{{"role", role_},
                                    {"method", std::string(name_of(method))},
                                    {"route", route_},
                                    {"status", std::to_string(status)}};
    auto& requests = metrics_.counter("http_requests_total", "Requests answered.", labels);
    auto& seconds = metrics_.histogram("http_request_duration_seconds",
                                       "Time from the whole request to its answer.", labels,
                                       core::Metrics::latency_bounds());
    // Two threads may get here for one slot; what they make refers to the same metrics.
    const std::lock_guard lock(made_mutex_);
    return made_.emplace_back(std::make_unique<Series>(Series{requests, seconds})).get();
  }

  core::Metrics& metrics_;
  std::string role_;
  std::string route_;
  std::array<std::atomic<const Series*>, kMethodCount * kStatuses.size()> slots_{};
  std::mutex made_mutex_;
  std::vector<std::unique_ptr<Series>> made_;
};

asio::awaitable<Response> measured(const Handler& next, RouteMetrics& metrics,
                                   RequestContext& context) {
  const auto began = std::chrono::steady_clock::now();
  Response response = co_await next(context);
  metrics.record(context.request.method, response.status, std::chrono::steady_clock::now() - began);
  co_return response;
}

}  // namespace

Middleware request_metrics(core::Metrics& metrics, const std::string& role) {
  return [&metrics, role](const Route& route, Handler next) -> Handler {
    auto of_route = std::make_shared<RouteMetrics>(metrics, role, route.pattern);
    return [of_route, next = std::move(next)](RequestContext& context) {
      return measured(next, *of_route, context);
    };
  };
}

}  // namespace orderflow::http_api
