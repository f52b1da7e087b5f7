#include <limits>

#include "http-api/frontends.hpp"
#include "http-api/orders/request_desk.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/list_query.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

std::string payment_columns() {
  return "id::text, order_id::text, account_id::text, amount, currency, status, code, detail, "
         "undone_amount + refunded_amount, " +
         rfc3339("created_at") + ", " + rfc3339("updated_at");
}

std::string payment_json(const pqxx::row& row) {
  std::string failure = "null";
  if (!row[6].is_null()) {
    failure = JsonObject().field("code", row[6].c_str()).field("detail", row[7].c_str()).text();
  }
  return JsonObject()
      .field("id", row[0].c_str())
      .field("order_id", row[1].c_str())
      .field("user_id", row[2].c_str())
      .field("amount", money_of(row[3], row[4]))
      .field("status", row[5].c_str())
      .field("failure", RawJson{failure})
      .field("refunded", money_of(row[8], row[4]))
      .field("created_at", row[9].c_str())
      .field("updated_at", row[10].c_str())
      .text();
}

struct CapturedPayment {
  core::Uuid order_id;
  std::string currency;
};

struct Refund {
  core::Uuid payment_id;
  std::optional<core::Money> amount;
  std::string reason;
};

// GET /payments, GET /payments/{id}, GET /users/{id}/payments; POST /payments and POST /refunds,
// which are requests to the order's owner: all money of an order moves by its command.
class PaymentsFrontend {
 public:
  explicit PaymentsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> all(const RequestContext& context) {
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto list = start(*query, "payments");
    if (!list) co_return refuse(std::move(list.error()));
    co_return co_await run_list(services_.blocking, services_.pools.payments, std::move(*list));
  }

  asio::awaitable<Checked<Response>> of_user(const RequestContext& context) {
    const auto id = path_id(context, "user");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto list = start(*query, "payments of " + id->to_string());
    if (!list) co_return refuse(std::move(list.error()));
    if (!co_await services_.lookups.user_exists(*id)) co_return refuse(not_found("user"));
    list->where("account_id = ?::uuid", id->to_string());
    co_return co_await run_list(services_.blocking, services_.pools.payments, std::move(*list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "payment");
    if (!id) co_return refuse(id.error());
    SingleQuery query;
    query.sql = "SELECT " + payment_columns() + " FROM payments.payments WHERE id = $1::uuid";
    query.id = *id;
    query.what = "payment";
    query.to_json = payment_json;
    co_return co_await run_single(services_.blocking, services_.pools.payments, std::move(query));
  }

  asio::awaitable<Checked<Response>> pay(const RequestContext& context) {
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    std::vector<FieldError> errors;
    BodyReader reader(*body, errors);
    const auto order_id = reader.uuid("order_id");
    reader.finish();
    if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    OrderRequest request;
    request.order_id = *order_id;
    request.request.kind = saga::Pay{};
    request.request.actor = "customer";
    request.request.trace = context.trace;
    request.key = std::move(*key);
    request.unknown_order = invalid("/order_id", "is not a known order");
    co_return co_await submit_request(services_, std::move(request));
  }

  asio::awaitable<Checked<Response>> refund(const RequestContext& context) {
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto key = read_idempotency_key(context, *body, KeyPresence::kRequired);
    if (!key) co_return refuse(std::move(key.error()));
    auto wanted = read_refund(*body);
    if (!wanted) co_return refuse(std::move(wanted.error()));
    const auto payment = co_await find_payment(wanted->payment_id);
    if (!payment) co_return refuse(invalid("/payment_id", "is not a known payment"));
    if (wanted->amount && wanted->amount->currency != payment->currency) {
      co_return refuse(invalid("/amount/currency", "must be the payment's: " + payment->currency));
    }
    OrderRequest request;
    request.order_id = payment->order_id;
    saga::Refund refund{wanted->payment_id, std::nullopt};
    if (wanted->amount) refund.amount = wanted->amount->amount;
    request.request.kind = refund;
    request.request.reason = std::move(wanted->reason);
    request.request.actor = "customer";
    request.request.trace = context.trace;
    request.key = std::move(*key);
    request.unknown_order = conflict("not_captured", "The payment's order does not exist.");
    co_return co_await submit_request(services_, std::move(request));
  }

 private:
  static Checked<ListQuery> start(const Query& query, std::string_view name) {
    auto page = PageRequest::parse(query, name);
    if (!page) return refuse(std::move(page.error()));
    ListQuery list;
    list.select = "SELECT " + payment_columns() + " FROM payments.payments";
    list.order_by = "order_id DESC, id DESC";
    list.after =
        "(order_id, id) < ((SELECT p.order_id FROM payments.payments p WHERE p.id = ?::uuid), "
        "?::uuid)";
    list.page = std::move(*page);
    list.to_json = payment_json;
    return list;
  }

  static Checked<Refund> read_refund(const core::JsonDocument& body) {
    std::vector<FieldError> errors;
    BodyReader reader(body, errors);
    Refund refund;
    refund.payment_id = reader.uuid("payment_id").value_or(core::Uuid{});
    refund.amount = reader.money("amount", 1, Presence::kOptional);
    refund.reason = reader.text("reason", kReason).value_or("");
    reader.finish();
    if (!errors.empty()) return refuse(invalid(std::move(errors)));
    return refund;
  }

  asio::awaitable<std::optional<CapturedPayment>> find_payment(core::Uuid id) {
    auto work = [this, id] {
      return services_.pools.payments.read(
          [&](pqxx::nontransaction& transaction) -> std::optional<CapturedPayment> {
            const auto rows = transaction.exec_params(
                "SELECT order_id::text, currency FROM payments.payments WHERE id = $1::uuid",
                id.to_string());
            if (rows.empty()) return std::nullopt;
            return CapturedPayment{core::Uuid::parse(rows[0][0].c_str()).value_or(core::Uuid{}),
                                   rows[0][1].c_str()};
          });
    };
    return blocking(services_.blocking, std::move(work));
  }

  Services& services_;
};

}  // namespace

std::vector<Route> payment_routes(Services& services) {
  auto front = std::make_shared<PaymentsFrontend>(services);
  return {
      {Method::kGet, "/payments",
       answering_problems([front](const RequestContext& c) { return front->all(c); })},
      {Method::kPost, "/payments",
       answering_problems([front](const RequestContext& c) { return front->pay(c); })},
      {Method::kGet, "/payments/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kGet, "/users/{id}/payments",
       answering_problems([front](const RequestContext& c) { return front->of_user(c); })},
      {Method::kPost, "/refunds",
       answering_problems([front](const RequestContext& c) { return front->refund(c); })},
  };
}

}  // namespace orderflow::http_api
