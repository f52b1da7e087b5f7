#include "http-api/orders/requests.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kStatusName{.characters_max = 40};

OrderRequest request_of(const RequestContext& context, const core::Uuid& order_id,
                        saga::RequestKind kind, std::string reason = {}) {
  OrderRequest request;
  request.order_id = core::ShardKey(order_id);
  request.request.kind = kind;
  request.request.actor = context.actor.empty() ? "customer" : context.actor;
  request.request.reason = std::move(reason);
  request.request.trace = context.trace;
  request.preconditions = Preconditions(context.request);
  request.key = context.key;
  return request;
}

}  // namespace

NewStatus NewStatus::read(BodyReader& body) {
  NewStatus wanted;
  if (const auto name = body.text("status", kStatusName)) {
    const auto status = saga::parse_order_status(*name);
    if (!status) body.error("status", "is not a status of orders");
    wanted.status = status.value_or(wanted.status);
  }
  wanted.reason = body.text("reason", kReason).value_or("");
  return wanted;
}

asio::awaitable<Checked<Response>> RequestsOfOrders::confirm(const RequestContext& context,
                                                             Path<core::Uuid> id,
                                                             Body<NoFields> /*body*/) {
  return requests_.submit(request_of(context, id.value, saga::Confirm{}));
}

asio::awaitable<Checked<Response>> RequestsOfOrders::cancel(const RequestContext& context,
                                                            Path<core::Uuid> id,
                                                            Body<OptionalReason> body) {
  return requests_.submit(
      request_of(context, id.value, saga::Cancel{}, std::move(body.value.reason)));
}

asio::awaitable<Checked<Response>> RequestsOfOrders::retry(const RequestContext& context,
                                                           Path<core::Uuid> id,
                                                           Body<NoFields> /*body*/) {
  return requests_.submit(request_of(context, id.value, saga::Retry{}));
}

asio::awaitable<Checked<Response>> RequestsOfOrders::set_status(const RequestContext& context,
                                                                Path<core::Uuid> id,
                                                                Body<NewStatus> body) {
  auto request = request_of(context, id.value, saga::SetStatus{body.value.status},
                            std::move(body.value.reason));
  request.by_operator = true;
  return requests_.submit(std::move(request));
}

}  // namespace orderflow::http_api
