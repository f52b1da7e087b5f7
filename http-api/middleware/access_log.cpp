#include <chrono>

#include "http-api/middleware/middleware.hpp"

namespace orderflow::http_api {
namespace {

asio::awaitable<Response> logged(const Handler& next, core::Logger& logger,
                                 RequestContext& context) {
  const auto began = std::chrono::steady_clock::now();
  Response response = co_await next(context);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  logger.log(core::LogLevel::kDebug, "request", context.trace,
             {{"method", name_of(context.request.method)},
              {"path", context.request.path},
              {"status", response.status},
              {"duration_ms", took.count() * 1000}});
  co_return response;
}

}  // namespace

Middleware access_log(core::Logger& logger) {
  return [&logger](const Route&, Handler next) -> Handler {
    if (!logger.enabled(core::LogLevel::kDebug)) return next;
    return [&logger, next = std::move(next)](RequestContext& context) {
      return logged(next, logger, context);
    };
  };
}

}  // namespace orderflow::http_api
