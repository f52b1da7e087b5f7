#include "http-api/orders/orders.hpp"

#include "events/ids.hpp"
#include "http-api/orders/order_keys.hpp"
#include "http-api/server/conditional.hpp"

namespace orderflow::http_api {
namespace {

NewOrder make_order(PlaceOrder wanted, PricedItems priced, const RequestContext& context) {
  NewOrder order;
  OrderRow& row = order.row;
  row.id =
      core::ShardKey(events::new_order_id(context.key ? context.key->key : std::string_view()));
  row.user_id = wanted.user_id;
  row.items = std::move(priced.json);
  row.total = priced.total;
  row.currency = std::move(priced.currency);
  row.delivery_address = std::move(wanted.delivery_address);
  row.special_instructions = std::move(wanted.special_instructions);
  row.draft = wanted.draft;
  order.trace = context.trace;
  order.key = context.key;
  return order;
}

}  // namespace

asio::awaitable<Checked<Response>> Orders::place(const RequestContext& context,
                                                 Body<PlaceOrder> body) {
  Checked<PricedItems> priced = co_await check_references(body.value);
  if (!priced) co_return refuse(std::move(priced.error()));
  NewOrder order = make_order(std::move(body.value), std::move(*priced), context);
  co_return co_await write(std::move(order));
}

asio::awaitable<Checked<Response>> Orders::get(const RequestContext& context, Path<core::Uuid> id) {
  const auto order = co_await backend_.reader.order(id.value);
  if (!order) co_return refuse(not_found("order"));
  const std::string etag = etag_of(order->saga.state.version);
  if (Preconditions(context.request).fail(etag)) co_return refuse(precondition_failed());
  Response response = not_modified(context.request, etag) ? json_response("", 304)
                                                          : json_response(order_json(*order));
  response.with("ETag", etag).with("Cache-Control", "no-cache");
  co_return response;
}

asio::awaitable<Checked<Response>> Orders::status(const RequestContext& context,
                                                  Path<core::Uuid> id, Query<WaitQuery> query) {
  const auto wait = query.value.wait;
  if (wait.count() == 0) {
    const auto saga = co_await backend_.reader.saga(id.value);
    if (!saga) co_return refuse(not_found("order"));
    co_return json_response(status_json(*saga));
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  const auto changes = co_await backend_.feed.follow(context, id.value, wait);
  if (!changes) co_return refuse(changes.error());
  while (true) {
    const auto saga = co_await backend_.reader.saga(id.value);
    if (!saga) co_return refuse(not_found("order"));
    const bool over = saga::is_terminal(saga->state.status) || backend_.feed.closed() ||
                      context.client_left() || std::chrono::steady_clock::now() >= until;
    if (over) co_return json_response(status_json(*saga));
    co_await (*changes)->wait_until(until);
  }
}

// Everything the order refers to exists and may be sold; its price.
asio::awaitable<Checked<PricedItems>> Orders::check_references(const PlaceOrder& wanted) {
  std::vector<FieldError> errors;
  if (!co_await backend_.references.user_exists(wanted.user_id)) {
    errors.push_back({"/user_id", "is not a known user"});
  }
  std::vector<core::Uuid> ids;
  ids.reserve(wanted.items.size());
  for (const OrderItem& item : wanted.items) ids.push_back(item.product_id);
  const auto found = co_await backend_.references.products(std::move(ids));
  std::vector<PricedProduct> products;
  products.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) {
      products.push_back(*found[i]);
    } else {
      errors.push_back({"/items/" + std::to_string(i) + "/product_id", "is not a known product"});
    }
  }
  if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
  co_return price_items(wanted.items, products);
}

asio::awaitable<Checked<Response>> Orders::write(NewOrder order) {
  const auto answer = backend_.writer.submit(std::move(order));
  if (!answer) co_return refuse(unavailable("Too many orders wait to be stored; try again."));
  const PlaceOutcome outcome = co_await core::OneShot<PlaceOutcome>::wait(answer);
  switch (outcome.result) {
    case PlaceResult::kPlaced: co_return response_of(placed_answer(outcome.order));
    case PlaceResult::kReplayed: co_return replayed(placed_answer(outcome.order));
    case PlaceResult::kKeyReused: co_return refuse(key_reused());
    case PlaceResult::kRefused: co_return refuse(invalid("", outcome.detail));
    case PlaceResult::kUnavailable: break;
  }
  co_return refuse(
      unavailable("The order may not have been stored: " + outcome.detail +
                  ". Try again, with an Idempotency-Key so that it cannot become a second order."));
}

}  // namespace orderflow::http_api
