#include "http-api/server/dispatcher.hpp"

#include <algorithm>
#include <ranges>

namespace orderflow::http_api {
namespace {

asio::awaitable<Response> answer_refusal(RequestContext& context) {
  co_return problem_response(*context.refusal, context.trace.correlation_id);
}

void surround(Route& route, const std::vector<Middleware>& layers) {
  for (const auto& layer : std::views::reverse(layers)) {
    route.handler = layer(route, std::move(route.handler));
  }
}

std::vector<Route> surrounded(std::vector<Route> routes, const std::vector<Middleware>& layers) {
  for (Route& route : routes) surround(route, layers);
  return routes;
}

}  // namespace

Dispatcher::Dispatcher(std::vector<Route> routes, const std::vector<Middleware>& layers)
    : router_(surrounded(std::move(routes), layers)),
      unmatched_{Method::kOther, "unmatched", answer_refusal, {}} {
  surround(unmatched_, layers);
}

asio::awaitable<Response> Dispatcher::refuse(const Request& request, Problem problem) const {
  RequestContext context{request, unmatched_.pattern, unmatched_.policy};
  context.refusal = std::move(problem);
  co_return co_await unmatched_.handler(context);
}

asio::awaitable<Response> Dispatcher::answer(const Request& request, Client* client) const {
  Router::Match match = router_.match(request.method, request.path);
  if (match.route != nullptr) {
    RequestContext context{request, match.route->pattern, match.route->policy};
    context.params = std::move(match.params);
    context.client = client;
    co_return co_await match.route->handler(context);
  }
  if (match.allow.empty()) {
    Problem problem{404, "no_such_route", "Nothing lives at this path; see /docs."};
    co_return co_await refuse(request, std::move(problem));
  }
  Problem problem{405, "method_not_allowed", "This path answers " + match.allow + " only."};
  Response response = co_await refuse(request, std::move(problem));
  response.with("Allow", match.allow);
  co_return response;
}

bool Dispatcher::answers_when_full(const Request& request) const {
  const Router::Match match = router_.match(request.method, request.path);
  return match.route != nullptr && match.route->policy.when_full;
}

asio::awaitable<Response> Dispatcher::refuse_unread(const Request& request, int status,
                                                    std::string_view detail) const {
  Problem problem = request_refused(status, detail);
  co_return co_await refuse(request, std::move(problem));
}

}  // namespace orderflow::http_api
