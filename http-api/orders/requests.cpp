
#include "http-api/admin/operators.hpp"
#include "http-api/frontends.hpp"
#include "http-api/orders/request_desk.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"
#include "saga/order/state.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kStatusName{.characters_max = 40};

// POST /orders/{id}/confirm, /cancel, /retry and PUT /orders/{id}/status.
class OrderRequestsFrontend {
 public:
  explicit OrderRequestsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> ask(const RequestContext& context, saga::RequestKind kind,
                                         bool with_reason) {
    auto request = start(context, "customer");
    if (!request) co_return refuse(std::move(request.error()));
    const auto body = parse_json_body(context.request, EmptyBody::kAllowed);
    if (!body) co_return refuse(body.error());
    std::vector<FieldError> errors;
    BodyReader reader(*body, errors);
    request->request.kind = kind;
    if (with_reason) {
      request->request.reason =
          reader.text("reason", kOptionalReason, Presence::kOptional).value_or("");
    }
    reader.finish();
    if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    request->key = std::move(*key);
    co_return co_await submit_request(services_, std::move(*request));
  }

  asio::awaitable<Checked<Response>> set_status(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    auto request = start(context, who->name);
    if (!request) co_return refuse(std::move(request.error()));
    request->audited = true;
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    std::vector<FieldError> errors;
    BodyReader reader(*body, errors);
    if (const auto name = reader.text("status", kStatusName)) {
      const auto status = saga::parse_order_status(*name);
      if (!status) reader.error("status", "is not a status of orders");
      if (status) request->request.kind = saga::SetStatus{*status};
    }
    request->request.reason = reader.text("reason", kReason).value_or("");
    reader.finish();
    if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
    co_return co_await submit_request(services_, std::move(*request));
  }

 private:
  static Checked<OrderRequest> start(const RequestContext& context, std::string actor) {
    const auto id = path_id(context, "order");
    if (!id) return refuse(id.error());
    OrderRequest request;
    request.order_id = *id;
    request.request.actor = std::move(actor);
    request.request.trace = context.trace;
    request.if_match = context.request.header("If-Match");
    request.unknown_order = not_found("order");
    return request;
  }

  Services& services_;
};

}  // namespace

std::vector<Route> order_request_routes(Services& services) {
  auto front = std::make_shared<OrderRequestsFrontend>(services);
  const auto ask = [&front](saga::RequestKind kind, bool with_reason) {
    return answering_problems([front, kind, with_reason](const RequestContext& c) {
      return front->ask(c, kind, with_reason);
    });
  };
  return {
      {Method::kPost, "/orders/{id}/confirm", ask(saga::Confirm{}, false)},
      {Method::kPost, "/orders/{id}/cancel", ask(saga::Cancel{}, true)},
      {Method::kPost, "/orders/{id}/retry", ask(saga::Retry{}, false)},
      {Method::kPut, "/orders/{id}/status",
       answering_problems([front](const RequestContext& c) { return front->set_status(c); })},
  };
}

}  // namespace orderflow::http_api
