#include <boost/asio/this_coro.hpp>

#include "core/values/digest.hpp"
#include "http-api/frontends.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {
namespace {

constexpr int kWaitSecondsMax = 30;

Response placed_response(const OrderRecord& order, bool replayed) {
  Response response = json_response(placed_order_json(order), 202);
  response.with("Location", "/orders/" + order.id.to_string());
  if (replayed) response.with("Idempotency-Replayed", "true");
  return response;
}

// POST /orders, GET /orders/{id}, GET /orders/{id}/status.
class OrdersFrontend {
 public:
  explicit OrdersFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> place(const RequestContext& context) {
    // Before anything is parsed or looked up: what is turned away must cost next to nothing.
    Admission& admission = services_.backpressure.admission();
    if (!admission.admit()) {
      Problem problem{429, "overloaded",
                      "More orders arrive than can be processed; try again later.", true,
                      admission.retry_after_seconds()};
      co_return refuse(std::move(problem));
    }
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto wanted = validate_order(*body);
    if (!wanted) co_return refuse(std::move(wanted.error()));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));

    Checked<PricedItems> priced = co_await check_references(*wanted);
    if (!priced) {
      // What was accepted once is answered the same again, though the catalogue has moved on.
      if (*key) {
        const auto replay = co_await find_replay(**key);
        if (replay) co_return *replay;
      }
      co_return refuse(std::move(priced.error()));
    }
    NewOrder order = make_order(std::move(*wanted), std::move(*priced), context.trace);
    order.key = std::move(*key);
    co_return co_await write(std::move(order));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "order");
    if (!id) co_return refuse(id.error());
    if (auto query = Query::parse(context, {}); !query) co_return refuse(query.error());
    const auto order = co_await services_.reader.order(*id);
    if (!order) co_return refuse(not_found("order"));
    const std::string etag = etag_of(order->saga.version);
    if (precondition_fails(context.request, etag)) co_return refuse(precondition_failed());
    Response response;
    if (not_modified(context.request, etag)) {
      response.status = 304;
    } else {
      response.body = order_json(*order);
    }
    response.with("ETag", etag).with("Cache-Control", "no-cache");
    co_return response;
  }

  asio::awaitable<Checked<Response>> status(const RequestContext& context) {
    const auto id = path_id(context, "order");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"wait"});
    if (!query) co_return refuse(query.error());
    const auto wait = parse_wait(query->text("wait").value_or("0"), kWaitSecondsMax);
    if (!wait) co_return refuse(wait.error());
    if (*wait == 0) {
      const auto saga = co_await services_.reader.saga(*id);
      if (!saga) co_return refuse(not_found("order"));
      co_return json_response(status_json(*saga));
    }
    co_return co_await status_when_terminal(context, *id, std::chrono::seconds{*wait});
  }

 private:
  asio::awaitable<Checked<Response>> status_when_terminal(const RequestContext& context,
                                                          core::Uuid id, core::Duration wait) {
    context.extend_deadline(wait);
    const auto until = std::chrono::steady_clock::now() + wait;
    const auto bell = services_.feed.watch(co_await asio::this_coro::executor, id);
    if (!bell) co_return refuse(unavailable("Too many requests wait already; poll instead.", 5));
    while (true) {
      const auto saga = co_await services_.reader.saga(id);
      if (!saga) co_return refuse(not_found("order"));
      const bool over = is_terminal_status(saga->status) || services_.feed.closed() ||
                        std::chrono::steady_clock::now() >= until;
      if (over) co_return json_response(status_json(*saga));
      co_await bell->wait_until(until);
    }
  }

  // Everything the order refers to exists and may be sold; its price.
  asio::awaitable<Checked<PricedItems>> check_references(const PlaceOrder& wanted) {
    std::vector<FieldError> errors;
    if (!co_await services_.lookups.user_exists(wanted.user_id)) {
      errors.push_back({"/user_id", "is not a known user"});
    }
    std::vector<core::Uuid> ids;
    ids.reserve(wanted.items.size());
    for (const OrderItem& item : wanted.items) ids.push_back(item.product_id);
    const auto found = co_await services_.lookups.products(std::move(ids));
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

  static NewOrder make_order(PlaceOrder wanted, PricedItems priced, const core::Trace& trace) {
    NewOrder order;
    OrderRecord& record = order.record;
    record.id = core::new_uuid_v7();
    record.user_id = wanted.user_id;
    record.items = std::move(priced.json);
    record.total = priced.total;
    record.currency = std::move(priced.currency);
    record.delivery_address = std::move(wanted.delivery_address);
    record.special_instructions = std::move(wanted.special_instructions);
    record.draft = wanted.draft;
    order.trace = trace;
    return order;
  }

  asio::awaitable<Checked<Response>> write(NewOrder order) {
    const auto outcome = services_.writer.submit(std::move(order));
    if (!outcome) co_return refuse(unavailable("Too many orders wait to be stored; try again."));
    PlaceOutcome placed = co_await OneShot<PlaceOutcome>::wait(outcome);
    switch (placed.result) {
      case PlaceResult::kPlaced: co_return placed_response(placed.order, false);
      case PlaceResult::kReplayed: co_return placed_response(placed.order, true);
      case PlaceResult::kKeyReused: co_return refuse(key_reused());
      case PlaceResult::kRefused: co_return refuse(invalid("", placed.detail));
      case PlaceResult::kUnavailable: break;
    }
    co_return refuse(unavailable(
        "The order may not have been stored: " + placed.detail +
        ". Try again, with an Idempotency-Key so that it cannot become a second order."));
  }

  asio::awaitable<std::optional<Response>> find_replay(IdempotencyKey key) {
    auto work = [this, key = std::move(key)]() -> std::optional<core::Uuid> {
      return services_.pools.orders.read([&](pqxx::nontransaction& transaction) {
        const auto rows = transaction.exec_params(
            "SELECT resource_id::text FROM ops.idempotency_keys WHERE scope = $1 AND key = $2 "
            "AND body_hash = decode($3, 'hex')",
            key.scope, key.key, to_hex(key.body_hash));
        return rows.empty() ? std::nullopt : core::Uuid::parse(rows[0][0].c_str());
      });
    };
    const auto id = co_await blocking(services_.blocking, std::move(work));
    if (!id) co_return std::nullopt;
    const auto order = co_await services_.reader.order(*id);
    if (!order) co_return std::nullopt;
    co_return placed_response(order->order, true);
  }

  Services& services_;
};

}  // namespace

std::vector<Route> order_routes(Services& services) {
  auto front = std::make_shared<OrdersFrontend>(services);
  return {
      {Method::kPost, "/orders",
       answering_problems([front](const RequestContext& c) { return front->place(c); })},
      {Method::kGet, "/orders/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kGet, "/orders/{id}/status",
       answering_problems([front](const RequestContext& c) { return front->status(c); })},
  };
}

}  // namespace orderflow::http_api
