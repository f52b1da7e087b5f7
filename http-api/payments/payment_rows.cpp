#include "http-api/payments/payment_rows.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::PgStatement kFindPayment{
    "api_payment",
    core::sql<"SELECT ", PaymentRow::kColumns, " FROM payments.payments WHERE id = $1">};

}  // namespace

PaymentRow PaymentRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          row.take<core::Uuid>(),
          row.take<core::Uuid>(),
          row.take<std::int64_t>(),
          row.take<std::string>(),
          row.take<std::string>(),
          row.take<std::optional<std::string>>(),
          row.take<std::string>(),
          row.take<std::int64_t>(),
          row.take<core::Time>(),
          row.take<core::Time>()};
}

std::string to_json(const PaymentRow& payment) {
  std::string failure = "null";
  if (payment.failure_code) {
    failure = JsonObject()
                  .field("code", *payment.failure_code)
                  .field("detail", payment.failure_detail)
                  .text();
  }
  return JsonObject()
      .field("id", payment.id)
      .field("order_id", payment.order_id)
      .field("user_id", payment.account_id)
      .field("amount", core::Money{payment.amount, payment.currency})
      .field("status", payment.status)
      .field("failure", RawJson{failure})
      .field("refunded", core::Money{payment.refunded, payment.currency})
      .field("created_at", payment.created_at)
      .field("updated_at", payment.updated_at)
      .text();
}

std::optional<PaymentRow> find_payment(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<PaymentRow>(session.execute(kFindPayment, core::PgParams().uuid(id)));
}

KeysetQuery list_payments() {
  return {core::sql<"SELECT ", PaymentRow::kColumns, " FROM payments.payments">,
          "order_id DESC, id DESC",
          "(order_id, id) < ((SELECT p.order_id FROM payments.payments p WHERE p.id = ?), ?)"};
}

}  // namespace orderflow::http_api
