#include "http-api/frontends.hpp"

namespace orderflow::http_api {
namespace {

asio::awaitable<Response> answer(const CheckedHandler& handler, const RequestContext& context) {
  Checked<Response> result = co_await handler(context);
  if (result) co_return std::move(*result);
  co_return problem_response(result.error(), context.trace.correlation_id);
}

}  // namespace

Handler answering_problems(CheckedHandler handler) {
  return [handler = std::move(handler)](const RequestContext& context) {
    return answer(handler, context);
  };
}

Checked<core::Uuid> path_id(const RequestContext& context, std::string_view what) {
  const auto id = core::Uuid::parse(context.param("id"));
  if (!id) return refuse(not_found(what));
  return *id;
}

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace orderflow::http_api
