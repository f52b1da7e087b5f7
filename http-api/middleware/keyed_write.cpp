#include "http-api/middleware/keyed_write.hpp"

#include "core/pg/row.hpp"
#include "http-api/server/write.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;

constexpr PgStatement kReadKey{"api_key_read",
                               "SELECT body_hash, (answer->>'status')::int4, answer->>'location', "
                               "answer->'body' FROM ops.idempotency_keys "
                               "WHERE scope = $1 AND key = $2"};
constexpr PgStatement kClaimKey{"api_key_claim",
                                "INSERT INTO ops.idempotency_keys "
                                "(scope, key, body_hash, resource_id) VALUES ($1, $2, $3, $4) "
                                "ON CONFLICT DO NOTHING"};
constexpr PgStatement kStoreAnswer{"api_key_answer",
                                   "UPDATE ops.idempotency_keys SET answer = $3 "
                                   "WHERE scope = $1 AND key = $2"};

Response response_of(StoredAnswer answer) {
  Response response;
  response.status = answer.status;
  response.body = std::move(answer.body);
  if (!answer.location.empty()) response.with("Location", std::move(answer.location));
  return response;
}

// The answer of the first request with this key, or the problem that its body was another; nothing
// when the key is free.
std::optional<Checked<Response>> find_answer(core::PgTransaction& transaction,
                                             const IdempotencyKey& key) {
  const auto rows = transaction.execute(kReadKey, PgParams().text(key.scope).text(key.key));
  if (rows.rows() == 0) return std::nullopt;
  core::PgRow row(rows, 0);
  if (row.take<std::string>() != key.request_hash) return refuse(key_reused());
  StoredAnswer answer;
  answer.status = row.take<std::int32_t>();
  answer.location = row.take<std::string>();
  answer.body = row.take<core::JsonText>().text;
  return replayed(response_of(std::move(answer)));
}

// True when the key is now this transaction's. Waits for a concurrent one that holds it.
bool claim(core::PgTransaction& transaction, const KeyedWrite& write) {
  const auto& key = *write.key;
  PgParams params;
  params.text(key.scope).text(key.key).bytea(key.request_hash).uuid(write.resource_id);
  return transaction.execute(kClaimKey, params).affected() == 1;
}

void store_answer(core::PgTransaction& transaction, const IdempotencyKey& key,
                  const StoredAnswer& answer) {
  const std::string text = JsonObject()
                               .field("status", answer.status)
                               .field("location", answer.location)
                               .field("body", RawJson{answer.body})
                               .text();
  PgParams params;
  params.text(key.scope).text(key.key).jsonb(text);
  (void)transaction.execute(kStoreAnswer, params);
}

}  // namespace

Response replayed(Response response) {
  response.with("Idempotency-Replayed", "true");
  return response;
}

Checked<Response> keyed_write(core::PgSession& session, const KeyedWrite& write) {
  return http_api::write(session, [&](core::PgTransaction& transaction) -> Checked<Response> {
    if (write.key) {
      if (auto found = find_answer(transaction, *write.key)) return std::move(*found);
    }
    if (auto problem = write.check(transaction)) return refuse(std::move(*problem));
    if (write.key && !claim(transaction, write)) {
      if (auto found = find_answer(transaction, *write.key)) return std::move(*found);
      return refuse(unavailable("This Idempotency-Key has just expired; try again."));
    }
    StoredAnswer answer = write.effect(transaction);
    if (write.key) store_answer(transaction, *write.key, answer);
    return response_of(std::move(answer));
  });
}

}  // namespace orderflow::http_api
