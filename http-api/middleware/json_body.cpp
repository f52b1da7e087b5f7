#include "http-api/server/json_body.hpp"

#include "http-api/middleware/middleware.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

asio::awaitable<Response> refused_body(Problem problem, const RequestContext& context) {
  co_return problem_response(problem, context.trace.correlation_id);
}

}  // namespace

Middleware json_body() {
  return [](const Route& route, Handler next) -> Handler {
    const BodyUse use = route.policy.body;
    if (use == BodyUse::kNone) return next;
    return [use, next = std::move(next)](RequestContext& context) {
      auto body = parse_json_body(context.request, use);
      if (!body) return refused_body(std::move(body.error()), context);
      context.body = std::move(*body);
      return next(context);
    };
  };
}

}  // namespace orderflow::http_api
