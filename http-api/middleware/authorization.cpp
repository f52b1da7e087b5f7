#include <simdjson.h>

#include "core/values/digest.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kOperatorName{.characters_max = 100};

Checked<std::string> operator_name(const Request& request, const std::string& operator_key) {
  if (operator_key.empty()) {
    return refuse(Problem{403, "no_operator_key",
                          "Operator routes are closed while no key is configured; set "
                          "INTERNAL_API_KEY and restart the api role."});
  }
  const std::string_view shown = request.header("X-Internal-API-Key");
  if (shown.empty()) {
    return refuse(Problem{401, "unauthorized", "This is for operators; send X-Internal-API-Key."});
  }
  if (!core::equal_in_constant_time(shown, operator_key)) {
    return refuse(Problem{403, "forbidden", "This X-Internal-API-Key is not the right one."});
  }
  std::string name(request.header("X-Operator"));
  if (name.empty()) return "operator";
  if (!simdjson::validate_utf8(name) || !check_text(name, kOperatorName).empty()) {
    return refuse(bad_request("X-Operator must be a name of 1 to 100 characters."));
  }
  return name;
}

asio::awaitable<Response> authorized(const Handler& next, const std::string& operator_key,
                                     RequestContext& context) {
  auto name = operator_name(context.request, operator_key);
  if (!name) {
    Response response = problem_response(name.error(), context.trace.correlation_id);
    if (response.status == 401) response.with("WWW-Authenticate", "X-Internal-API-Key");
    co_return response;
  }
  context.actor = std::move(*name);
  context.caller = "operator:" + context.actor;
  co_return co_await next(context);
}

}  // namespace

Middleware authorization(std::string operator_key) {
  return [operator_key = std::move(operator_key)](const Route& route, Handler next) -> Handler {
    if (route.policy.scope == Scope::kPublic) return next;
    return [operator_key, next = std::move(next)](RequestContext& context) {
      return authorized(next, operator_key, context);
    };
  };
}

}  // namespace orderflow::http_api
