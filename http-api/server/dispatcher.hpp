#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/router.hpp"

namespace orderflow::http_api {

// What surrounds every handler: routing, correlation id and trace, metrics, access log, and the one
// place where exceptions end: core::Unavailable becomes 503 with Retry-After, a passed deadline
// 503, anything else 500 without internals. Shared by all threads of a server.
class Dispatcher {
 public:
  Dispatcher(std::vector<Route> routes, core::Logger& logger, core::Metrics& metrics);
  ~Dispatcher();

  // Answers the request; never throws for what a handler does.
  [[nodiscard]] asio::awaitable<Response> answer(const Request& request,
                                                 core::SteadyTime* deadline) const;

  // The answer to a request that could not even be read (400, 408, 413, 431) or served (503).
  [[nodiscard]] Response refuse_unread(int status, std::string_view detail) const;

 private:
  struct Series;
  struct RouteMetrics;

  asio::awaitable<Response> guarded(const RequestContext& context, const Handler& handler) const;
  void record(std::size_t route, Method method, int status, double seconds) const;
  const Series* make_series(std::size_t route, Method method, int status) const;

  Router router_;
  core::Logger& logger_;
  core::Metrics& metrics_;
  // One entry a route and one for what no route matches; filled on first use, then only read.
  std::unique_ptr<RouteMetrics[]> series_;
  mutable std::mutex made_mutex_;
  mutable std::vector<std::unique_ptr<Series>> made_;
};

}  // namespace orderflow::http_api
