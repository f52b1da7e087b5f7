#include <limits>

#include "http-api/frontends.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/list_query.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

std::string balance_columns() { return "id::text, balance, currency, " + rfc3339("updated_at"); }

std::string balance_json(const pqxx::row& row) {
  return JsonObject()
      .field("user_id", row[0].c_str())
      .field("balance", money_of(row[1], row[2]))
      .field("updated_at", row[3].c_str())
      .text();
}

struct Adjustment {
  core::Uuid id;  // what the ledger row refers to
  core::Uuid user_id;
  std::int64_t amount = 0;
  std::string currency;
  std::string reason;
};

// One adjustment, on a blocking thread, within its transaction. The account's row is locked first,
// so captures and other adjustments wait and the ledger's sequence has no gap.
class Adjusting {
 public:
  Adjusting(pqxx::work& transaction, const Adjustment& adjustment)
      : transaction_(transaction), adjustment_(adjustment) {}

  Checked<Response> run(const std::optional<IdempotencyKey>& key) {
    KeyedWrite write;
    write.key = key;
    write.resource_id = adjustment_.id;
    write.check = [this] { return check(); };
    write.effect = [this] { return apply(); };
    return keyed_write(transaction_, write).response();
  }

 private:
  std::optional<Problem> check() {
    const auto rows = transaction_.exec_params(
        "SELECT balance, currency FROM payments.accounts WHERE id = $1::uuid FOR UPDATE",
        adjustment_.user_id.to_string());
    if (rows.empty()) return not_found("user with an account");
    if (rows[0][1].c_str() != adjustment_.currency) {
      return invalid("/currency", std::string("must be the account's: ") + rows[0][1].c_str());
    }
    const auto balance = core::checked_add(rows[0][0].as<std::int64_t>(), adjustment_.amount);
    if (!balance) return invalid("/amount", "makes the balance too large");
    if (*balance < 0) {
      return conflict("insufficient_funds", "The balance would go below zero; it has " +
                                                std::string(rows[0][0].c_str()) + " minor units.");
    }
    return std::nullopt;
  }

  StoredAnswer apply() {
    const std::string user_id = adjustment_.user_id.to_string();
    const auto rows = transaction_.exec_params(
        "UPDATE payments.accounts SET balance = balance + $2, ledger_sequence = ledger_sequence + "
        "1, "
        "updated_at = now() WHERE id = $1::uuid RETURNING " +
            balance_columns(),
        user_id, adjustment_.amount);
    transaction_.exec_params(
        "INSERT INTO payments.ledger (account_id, sequence, kind, reference, amount, "
        "balance_after, "
        "reason) SELECT id, ledger_sequence, 'adjustment', $2::uuid, $3, balance, $4 "
        "FROM payments.accounts WHERE id = $1::uuid",
        user_id, adjustment_.id.to_string(), adjustment_.amount, adjustment_.reason);
    return {200, "", balance_json(rows[0])};
  }

  pqxx::work& transaction_;
  const Adjustment& adjustment_;
};

// GET and POST /users/{id}/balance. A balance is an account of the payments context.
class BalancesFrontend {
 public:
  explicit BalancesFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "user");
    if (!id) co_return refuse(id.error());
    SingleQuery query;
    query.sql = "SELECT " + balance_columns() + " FROM payments.accounts WHERE id = $1::uuid";
    query.id = *id;
    query.what = "user with an account";
    query.to_json = balance_json;
    co_return co_await run_single(services_.blocking, services_.pools.payments, std::move(query));
  }

  asio::awaitable<Checked<Response>> adjust(const RequestContext& context) {
    const auto id = path_id(context, "user");
    if (!id) co_return refuse(id.error());
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto key = read_idempotency_key(context, *body, KeyPresence::kRequired);
    if (!key) co_return refuse(std::move(key.error()));
    auto adjustment = read_adjustment(*body, *id);
    if (!adjustment) co_return refuse(std::move(adjustment.error()));
    const core::Trace trace = context.trace;
    auto work = [this, adjustment = std::move(*adjustment), key = std::move(*key), trace] {
      auto response = services_.pools.payments.write(
          [&](pqxx::work& transaction) { return Adjusting(transaction, adjustment).run(key); });
      if (response) {
        services_.logger.log(core::LogLevel::kInfo, "a balance was adjusted", trace,
                             {{"user_id", adjustment.user_id.to_string()},
                              {"amount", adjustment.amount},
                              {"adjustment_id", adjustment.id.to_string()}});
      }
      return response;
    };
    co_return co_await blocking(services_.blocking, std::move(work));
  }

 private:
  static Checked<Adjustment> read_adjustment(const core::JsonDocument& body,
                                             const core::Uuid& user) {
    std::vector<FieldError> errors;
    BodyReader reader(body, errors);
    Adjustment adjustment;
    adjustment.id = core::new_uuid_v7();
    adjustment.user_id = user;
    const auto amount = reader.integer("amount", -std::numeric_limits<std::int64_t>::max(),
                                       std::numeric_limits<std::int64_t>::max());
    if (amount == 0) reader.error("amount", "must not be zero");
    adjustment.amount = amount.value_or(0);
    adjustment.currency = reader.currency("currency").value_or("");
    adjustment.reason = reader.text("reason", kReason).value_or("");
    reader.finish();
    if (!errors.empty()) return refuse(invalid(std::move(errors)));
    return adjustment;
  }

  Services& services_;
};

}  // namespace

std::vector<Route> balance_routes(Services& services) {
  auto front = std::make_shared<BalancesFrontend>(services);
  return {
      {Method::kGet, "/users/{id}/balance",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kPost, "/users/{id}/balance",
       answering_problems([front](const RequestContext& c) { return front->adjust(c); })},
  };
}

}  // namespace orderflow::http_api
