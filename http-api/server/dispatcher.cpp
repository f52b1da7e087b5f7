#include "http-api/server/dispatcher.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>

#include "core/values/failure.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kMethodCount = 6;
// Every status this server gives; the metrics keep a slot for each.
constexpr std::array kStatuses{200, 201, 202, 204, 304, 400, 401, 403, 404, 405,
                               408, 409, 412, 413, 415, 422, 429, 431, 500, 503};
constexpr std::size_t kStatusCount = kStatuses.size();

std::size_t index_of_status(int status) {
  const auto* const found = std::find(kStatuses.begin(), kStatuses.end(), status);
  return static_cast<std::size_t>(found - kStatuses.begin());
}

core::Trace trace_of(const Request& request) {
  const std::string_view wished = request.header("X-Correlation-ID");
  core::Trace trace;
  trace.correlation_id =
      core::is_sane_correlation_id(wished) ? std::string(wished) : core::new_uuid_v7().to_string();
  trace.traceparent = core::child_traceparent(request.header("traceparent"));
  return trace;
}

}  // namespace

struct Dispatcher::Series {
  prometheus::Counter& requests;
  prometheus::Histogram& seconds;
};

// Read by every thread without a lock; a slot is set once.
struct Dispatcher::RouteMetrics {
  std::array<std::atomic<const Series*>, kMethodCount * kStatusCount> slots{};
};

Dispatcher::Dispatcher(std::vector<Route> routes, core::Logger& logger, core::Metrics& metrics)
    : router_(std::move(routes)),
      logger_(logger),
      metrics_(metrics),
      series_(std::make_unique<RouteMetrics[]>(router_.routes().size() + 1)) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::record(std::size_t route, Method method, int status, double seconds) const {
  const std::size_t status_index = index_of_status(status);
  if (status_index == kStatusCount) return;
  auto& slot = series_[route].slots[static_cast<std::size_t>(method) * kStatusCount + status_index];
  const Series* series = slot.load(std::memory_order_acquire);
  if (series == nullptr) {
    series = make_series(route, method, status);
    slot.store(series, std::memory_order_release);
  }
  series->requests.Increment();
  series->seconds.Observe(seconds);
}

const Dispatcher::Series* Dispatcher::make_series(std::size_t route, Method method,
                                                  int status) const {
  const bool known = route < router_.routes().size();
  const core::MetricLabels labels{{"role", logger_.role()},
                                  {"method", std::string(name_of(method))},
                                  {"route", known ? router_.routes()[route].pattern : "unmatched"},
                                  {"status", std::to_string(status)}};
  auto& requests = metrics_.counter("http_requests_total", "Requests answered.", labels);
  auto& seconds = metrics_.histogram("http_request_duration_seconds",
                                     "Time from the whole request to its answer.", labels,
                                     core::Metrics::latency_bounds());
  // Two threads may get here for one slot; what they make refers to the same metrics.
  const std::lock_guard lock(made_mutex_);
  return made_.emplace_back(std::make_unique<Series>(Series{requests, seconds})).get();
}

asio::awaitable<Response> Dispatcher::guarded(const RequestContext& context,
                                              const Handler& handler) const {
  Problem problem;
  try {
    co_return co_await handler(context);
  } catch (const core::Unavailable& error) {
    logger_.log(core::LogLevel::kWarning, "a request could not be served", context.trace,
                {{"route", context.route}, {"error", error.what()}});
    problem = unavailable("A part this needs is down or busy; try again shortly.");
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) {
      logger_.log(core::LogLevel::kWarning, "a request passed its deadline", context.trace,
                  {{"route", context.route}});
      problem =
          unavailable("The answer took too long; try again. What was asked may have happened.");
    } else {
      logger_.log(core::LogLevel::kError, "a handler failed", context.trace,
                  {{"route", context.route}, {"error", error.what()}});
      problem = {500, "internal", "Something failed inside; report it with the correlation id."};
    }
  } catch (const std::exception& error) {
    logger_.log(core::LogLevel::kError, "a handler failed", context.trace,
                {{"route", context.route}, {"error", error.what()}});
    problem = {500, "internal", "Something failed inside; report it with the correlation id."};
  }
  co_return problem_response(problem, context.trace.correlation_id);
}

asio::awaitable<Response> Dispatcher::answer(const Request& request,
                                             core::SteadyTime* deadline) const {
  const auto began = std::chrono::steady_clock::now();
  Router::Match match = router_.match(request.method, request.path);
  RequestContext context{request, "unmatched", std::move(match.params), trace_of(request)};
  context.deadline = deadline;
  Response response;
  std::size_t route = router_.routes().size();
  if (match.route != nullptr) {
    route = match.index;
    context.route = match.route->pattern;
    response = co_await guarded(context, match.route->handler);
  } else if (!match.allow.empty()) {
    const Problem problem{405, "method_not_allowed", "This path answers " + match.allow + " only."};
    response = problem_response(problem, context.trace.correlation_id).with("Allow", match.allow);
  } else {
    const Problem problem{404, "no_such_route", "Nothing lives at this path; see /docs."};
    response = problem_response(problem, context.trace.correlation_id);
  }
  response.with("X-Correlation-ID", context.trace.correlation_id);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  record(route, request.method, response.status, took.count());
  if (logger_.enabled(core::LogLevel::kDebug)) {
    logger_.log(core::LogLevel::kDebug, "request", context.trace,
                {{"method", name_of(request.method)},
                 {"path", request.path},
                 {"status", response.status},
                 {"duration_ms", took.count() * 1000}});
  }
  co_return response;
}

Response Dispatcher::refuse_unread(int status, std::string_view detail) const {
  const std::string id = core::new_uuid_v7().to_string();
  const bool passing = status == 408 || status == 503;
  Problem problem{status, "request_refused", std::string(detail), passing};
  if (status == 503) problem.retry_after_seconds = 1;
  record(router_.routes().size(), Method::kOther, status, 0);
  return problem_response(problem, id).with("X-Correlation-ID", id);
}

}  // namespace orderflow::http_api
