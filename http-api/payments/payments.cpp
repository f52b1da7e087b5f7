#include "http-api/payments/payments.hpp"

#include "domain/payments/reads.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/payments/balances.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {
namespace {

struct PayOrder {
  core::Uuid order_id;

  static PayOrder read(BodyReader& body) { return {body.uuid("order_id").value_or(core::Uuid{})}; }
};

struct RefundPayment {
  core::Uuid payment_id;
  std::optional<core::Money> amount;
  std::string reason;

  static RefundPayment read(BodyReader& body) {
    RefundPayment refund;
    refund.payment_id = body.uuid("payment_id").value_or(core::Uuid{});
    refund.amount = body.money("amount", 1, Presence::kOptional);
    refund.reason = body.text("reason", kReason).value_or("");
    return refund;
  }
};

OrderRequest request_of_customer(const RequestContext& context, const core::Uuid& order_id,
                                 saga::RequestKind kind) {
  OrderRequest request;
  request.order_id = core::ShardKey(order_id);
  request.request.kind = kind;
  request.request.actor = "customer";
  request.request.trace = context.trace;
  request.preconditions = Preconditions(context.request);
  request.key = context.key;
  return request;
}

std::string payment_json(const domain::PaymentView& view) {
  const domain::Payment& payment = view.payment;
  std::string failure = "null";
  if (!payment.code.empty()) {
    failure = JsonObject().field("code", payment.code).field("detail", payment.detail).text();
  }
  return JsonObject()
      .field("id", payment.id)
      .field("order_id", payment.order_id)
      .field("user_id", payment.account_id)
      .field("amount", payment.amount)
      .field("status", domain::name_of(payment.status))
      .field("failure", RawJson{failure})
      .field("refunded", core::Money{payment.refunded_amount, payment.amount.currency})
      .field("created_at", view.created_at)
      .field("updated_at", view.updated_at)
      .text();
}

class Payments {
 public:
  Payments(std::shared_ptr<core::SessionPool> sessions, OrderRequests& requests)
      : sessions_(std::move(sessions)), requests_(requests) {}

  asio::awaitable<Checked<Response>> all(Query<PageRequest> page) {
    auto work = [page = std::move(page.value)](core::PgSession& session) {
      return read_list<domain::PaymentView>(session, list_payments({}), page, payment_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> of_user(Path<core::Uuid> user_id, Query<PageRequest> page) {
    auto work = [id = user_id.value,
                 page = std::move(page.value)](core::PgSession& session) -> Checked<Response> {
      if (!domain::find_account(session, id)) return refuse(not_found("user"));
      return read_list<domain::PaymentView>(session, list_payments(id), page, payment_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id) {
    const auto payment = co_await find(id.value);
    if (!payment) co_return refuse(not_found("payment"));
    co_return json_response(payment_json(*payment));
  }

  asio::awaitable<Checked<Response>> pay(const RequestContext& context, Body<PayOrder> body) {
    auto request = request_of_customer(context, body.value.order_id, saga::Pay{});
    request.unknown_order = invalid("/order_id", "is not a known order");
    co_return co_await requests_.submit(std::move(request));
  }

  asio::awaitable<Checked<Response>> refund(const RequestContext& context,
                                            Body<RefundPayment> body) {
    const auto& wanted = body.value;
    const auto found = co_await find(wanted.payment_id);
    if (!found) co_return http_api::refuse(invalid("/payment_id", "is not a known payment"));
    const domain::Payment& payment = found->payment;
    saga::Refund refund{wanted.payment_id, std::nullopt};
    if (wanted.amount) {
      if (wanted.amount->currency != payment.amount.currency) {
        co_return http_api::refuse(
            invalid("/amount/currency", "must be the payment's: " + payment.amount.currency));
      }
      refund.amount = wanted.amount->amount;
    }
    auto request = request_of_customer(context, payment.order_id, refund);
    request.request.reason = wanted.reason;
    request.unknown_order = conflict("not_captured", "The payment's order does not exist.");
    co_return co_await requests_.submit(std::move(request));
  }

 private:
  asio::awaitable<std::optional<domain::PaymentView>> find(core::Uuid id) {
    auto work = [id](core::PgSession& session) { return domain::find_payment(session, id); };
    return sessions_->run(std::move(work));
  }

  std::shared_ptr<core::SessionPool> sessions_;
  OrderRequests& requests_;
};

class PaymentsContext final : public ApiContext {
 public:
  PaymentsContext(const ApiEnvironment& environment, OrderRequests& requests)
      : database_(environment, kKeyTable<"payments">, "orderflow_payments"),
        payments_(std::make_shared<Payments>(database_.sessions(), requests)),
        balances_(std::make_shared<Balances>(database_.sessions(), environment.logger)) {}

  std::vector<Route> routes() override {
    constexpr Policy kRead{.context = "payments", .resource = "payment"};
    constexpr Policy kOfUser{.context = "payments", .resource = "user"};
    // Requests are rows of the orders context.
    constexpr Policy kPay{.context = "payments",
                          .resource = "payment",
                          .body = BodyUse::kJson,
                          .key = KeyUse::kOptional,
                          .keys_of = "orders"};
    constexpr Policy kRefund{.context = "payments",
                             .resource = "payment",
                             .body = BodyUse::kJson,
                             .key = KeyUse::kRequired,
                             .keys_of = "orders"};
    constexpr Policy kAdjust{.context = "payments",
                             .resource = "user",
                             .body = BodyUse::kJson,
                             .key = KeyUse::kRequired};
    return {
        {Method::kGet, "/payments", bind(payments_, &Payments::all), kRead},
        {Method::kPost, "/payments", bind(payments_, &Payments::pay), kPay},
        {Method::kGet, "/payments/{id}", bind(payments_, &Payments::get), kRead},
        {Method::kGet, "/users/{id}/payments", bind(payments_, &Payments::of_user), kOfUser},
        {Method::kPost, "/refunds", bind(payments_, &Payments::refund), kRefund},
        {Method::kGet, "/users/{id}/balance", bind(balances_, &Balances::get), kOfUser},
        {Method::kPost, "/users/{id}/balance", bind(balances_, &Balances::adjust), kAdjust},
    };
  }

  KeyStore* keys() override { return &database_.keys(); }
  void request_stop() override { database_.request_stop(); }
  void stop() override { database_.stop(); }

 private:
  KeyedSessions database_;
  std::shared_ptr<Payments> payments_;
  std::shared_ptr<Balances> balances_;
};

}  // namespace

KeysetQuery list_payments(const std::optional<core::Uuid>& account_id) {
  KeysetQuery query{core::sql<"SELECT ", domain::PaymentView::kColumns, " FROM payments.payments">,
                    "id"};
  if (account_id) query.of("account_id", *account_id);
  return query;
}

std::unique_ptr<ApiContext> make_payments(const ApiEnvironment& environment,
                                          OrderRequests& requests) {
  return std::make_unique<PaymentsContext>(environment, requests);
}

}  // namespace orderflow::http_api
