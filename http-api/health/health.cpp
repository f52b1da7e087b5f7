#include "http-api/health/health.hpp"

#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

std::string component_list(const core::Health& health) {
  JsonObject components;
  for (const auto& [name, state] : health.components()) {
    JsonObject component;
    component.field("status", state.up ? "up" : "down");
    if (!state.detail.empty()) component.field("detail", state.detail);
    const std::string text = component.text();
    components.field(name, RawJson{text});
  }
  return components.text();
}

Response health_answer(const core::Health& health) {
  const std::string components = component_list(health);
  Response response;
  response.body = JsonObject()
                      .field("status", health.ready() ? "up" : "down")
                      .field("components", RawJson{components})
                      .text();
  return response;
}

Response ready_answer(const core::Health& health, const RequestContext& context) {
  std::string down;
  for (const auto& [name, state] : health.components()) {
    if (!state.up) down.append(down.empty() ? "" : ", ").append(name);
  }
  if (down.empty()) return health_answer(health);
  Problem problem = unavailable("Not ready; down: " + down + ".");
  for (const auto& [name, state] : health.components()) {
    if (!state.up) problem.errors.push_back({"/components/" + name, state.detail});
  }
  return problem_response(problem, context.trace.correlation_id);
}

}  // namespace

std::vector<Route> health_routes(const core::Health& health, const core::Metrics& metrics) {
  constexpr Policy kHealth{.context = "health"};
  std::vector<Route> routes;
  const auto get = [&routes, &kHealth](const char* pattern, Handler handler) {
    routes.push_back({Method::kGet, pattern, std::move(handler), kHealth});
  };
  get("/health",
      [&health](RequestContext&) -> asio::awaitable<Response> { co_return health_answer(health); });
  get("/health/live", [](RequestContext&) -> asio::awaitable<Response> {
    Response response;
    response.body = JsonObject().field("status", "up").text();
    co_return response;
  });
  get("/health/ready", [&health](RequestContext& context) -> asio::awaitable<Response> {
    co_return ready_answer(health, context);
  });
  get("/metrics", [&metrics](RequestContext&) -> asio::awaitable<Response> {
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.render();
    co_return response;
  });
  return routes;
}

}  // namespace orderflow::http_api
