#include "http-api/payments/balances.hpp"

#include <limits>

#include "domain/payments/reads.hpp"
#include "events/ids.hpp"
#include "http-api/middleware/keyed_write.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::int64_t kAmountMax = std::numeric_limits<std::int64_t>::max();

std::string balance_json(const domain::AccountView& account) {
  return JsonObject()
      .field("user_id", account.id)
      .field("balance", account.balance)
      .field("updated_at", account.updated_at)
      .text();
}

std::optional<Problem> refuse_adjustment(const std::optional<domain::AccountView>& account,
                                         const domain::Adjustment& adjustment) {
  if (!account) return not_found("user with an account");
  if (account->balance.currency != adjustment.currency) {
    return invalid("/currency", "must be the account's: " + account->balance.currency);
  }
  const auto balance = core::checked_add(account->balance.amount, adjustment.amount);
  if (!balance) return invalid("/amount", "makes the balance too large");
  if (*balance < 0) {
    return conflict("insufficient_funds", "The balance would go below zero; it has " +
                                              std::to_string(account->balance.amount) +
                                              " minor units.");
  }
  return std::nullopt;
}

// Only who did it tells of it, not the requests that repeat it.
Checked<Response> adjust_balance(core::PgSession& session, const domain::Adjustment& adjustment,
                                 const std::optional<IdempotencyKey>& key, const core::Trace& trace,
                                 core::Logger& logger) {
  bool done = false;
  KeyedWrite write;
  write.key = key;
  write.check = [&](core::PgTransaction& transaction) {
    return refuse_adjustment(domain::lock_account(transaction, adjustment.account_id), adjustment);
  };
  write.effect = [&](core::PgTransaction& transaction) {
    done = true;
    return StoredAnswer{200, "", balance_json(domain::adjust_account(transaction, adjustment))};
  };
  auto response = keyed_write(session, write);
  if (response && done) {
    logger.log(core::LogLevel::kInfo, "a balance was adjusted", trace,
               {{"user_id", adjustment.account_id.to_string()},
                {"amount", adjustment.amount},
                {"adjustment_id", adjustment.id.to_string()}});
  }
  return response;
}

}  // namespace

AdjustBalance AdjustBalance::read(BodyReader& body) {
  AdjustBalance wanted;
  const auto amount = body.integer("amount", -kAmountMax, kAmountMax);
  if (amount == 0) body.error("amount", "must not be zero");
  wanted.amount = amount.value_or(0);
  wanted.currency = body.currency("currency").value_or("");
  wanted.reason = body.text("reason", kReason).value_or("");
  return wanted;
}

asio::awaitable<Checked<Response>> Balances::get(Path<core::Uuid> user_id) {
  auto work = [id = user_id.value](core::PgSession& session) {
    return domain::find_account(session, id);
  };
  const auto account = co_await sessions_->run(std::move(work));
  if (!account) co_return refuse(not_found("user with an account"));
  co_return json_response(balance_json(*account));
}

asio::awaitable<Checked<Response>> Balances::adjust(const RequestContext& context,
                                                    Path<core::Uuid> user_id,
                                                    Body<AdjustBalance> body) {
  domain::Adjustment adjustment{events::new_adjustment_id(user_id.value), user_id.value,
                                body.value.amount, std::move(body.value.currency),
                                std::move(body.value.reason)};
  auto work = [adjustment = std::move(adjustment), key = context.key, trace = context.trace,
               &logger = logger_](core::PgSession& session) {
    return adjust_balance(session, adjustment, key, trace, logger);
  };
  co_return co_await sessions_->run(std::move(work));
}

}  // namespace orderflow::http_api
