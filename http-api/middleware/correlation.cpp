#include "events/ids.hpp"
#include "http-api/middleware/middleware.hpp"

namespace orderflow::http_api {
namespace {

asio::awaitable<Response> with_correlation(const Handler& next, RequestContext& context) {
  const std::string_view wished = context.request.header("X-Correlation-ID");
  context.trace.correlation_id =
      core::is_sane_correlation_id(wished) ? std::string(wished) : events::new_correlation_id();
  context.trace.traceparent = core::child_traceparent(context.request.header_list("traceparent"));
  Response response = co_await next(context);
  response.with("X-Correlation-ID", context.trace.correlation_id);
  co_return response;
}

}  // namespace

Middleware correlation() {
  return [](const Route&, Handler next) -> Handler {
    return [next = std::move(next)](RequestContext& context) {
      return with_correlation(next, context);
    };
  };
}

}  // namespace orderflow::http_api
