#include "http-api/health/health.hpp"

#include <chrono>
#include <memory>

#include "http-api/health/metrics_text.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

using Components = core::Health::Components;

std::string component_list(const Components& known) {
  JsonObject components;
  for (const auto& [name, state] : known) {
    JsonObject component;
    component.field("status", state.up ? "up" : "down");
    if (!state.detail.empty()) component.field("detail", state.detail);
    const std::string text = component.text();
    components.field(name, RawJson{text});
  }
  return components.text();
}

Problem not_ready(const Components& components) {
  std::string down;
  for (const auto& [name, state] : components) {
    if (!state.up) down.append(down.empty() ? "" : ", ").append(name);
  }
  Problem problem = unavailable("Not ready; down: " + down + ".");
  for (const auto& [name, state] : components) {
    if (!state.up) problem.errors.push_back({"/components/" + name, state.detail});
  }
  return problem;
}

// 503 only when this process cannot do its work.
Response health_answer(const core::Health& health, const RequestContext& context) {
  const auto components = health.components();
  const auto status = health.status(components);
  if (status == core::Health::Status::kDown) {
    return problem_response(not_ready(components), context.trace.correlation_id);
  }
  const std::string list = component_list(components);
  Response response;
  response.body = JsonObject()
                      .field("status", status == core::Health::Status::kUp ? "up" : "degraded")
                      .field("components", RawJson{list})
                      .text();
  return response;
}

}  // namespace

std::vector<Route> health_routes(const core::Health& health, const core::Metrics& metrics) {
  constexpr Policy kHealth{.context = "health", .when_full = true};
  std::vector<Route> routes;
  const auto get = [&routes, &kHealth](const char* pattern, Handler handler) {
    routes.push_back({Method::kGet, pattern, std::move(handler), kHealth});
  };
  get("/health/live", [](RequestContext&) -> asio::awaitable<Response> {
    Response response;
    response.body = JsonObject().field("status", "up").text();
    co_return response;
  });
  const auto answer = [&health](RequestContext& context) -> asio::awaitable<Response> {
    co_return health_answer(health, context);
  };
  get("/health", answer);
  get("/health/ready", answer);
  const auto text = std::make_shared<MetricsText>([&metrics] { return metrics.render(); });
  get("/metrics", [text](RequestContext&) -> asio::awaitable<Response> {
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.shared_body = text->at(std::chrono::steady_clock::now());
    co_return response;
  });
  return routes;
}

}  // namespace orderflow::http_api
