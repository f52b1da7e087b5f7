#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

// A row of payments.payments.
struct PaymentRow {
  static constexpr core::SqlText kColumns{
      "id, order_id, account_id, amount, currency, status, code, detail, "
      "undone_amount + refunded_amount, created_at, updated_at"};

  core::Uuid id;
  core::Uuid order_id;
  core::Uuid account_id;
  std::int64_t amount = 0;
  std::string currency;
  std::string status;
  std::optional<std::string> failure_code;
  std::string failure_detail;
  std::int64_t refunded = 0;
  core::Time created_at;
  core::Time updated_at;

  [[nodiscard]] const core::Uuid& position() const { return id; }
  [[nodiscard]] static PaymentRow read(core::PgRow& row);
};

[[nodiscard]] std::string to_json(const PaymentRow& payment);

[[nodiscard]] std::optional<PaymentRow> find_payment(core::PgSession& session,
                                                     const core::Uuid& id);

// All payments, in the order of their orders.
[[nodiscard]] KeysetQuery list_payments();

}  // namespace orderflow::http_api
