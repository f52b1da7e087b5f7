#include "http-api/middleware/keyed_write.hpp"

#include "core/values/shard.hpp"
#include "http-api/server/write.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;

void store_answer(core::PgTransaction& transaction, const IdempotencyKey& key,
                  const StoredAnswer& answer) {
  PgParams params;
  params.text(key.scope).text(key.key);
  params.int4(answer.status).text(answer.location).bytea(answer.body);
  (void)transaction.execute(key.table->store, params);
}

}  // namespace

bool claim(core::PgTransaction& transaction, const IdempotencyKey& key) {
  PgParams params;
  params.text(key.scope).text(key.key).int4(core::shard_of(key.key)).bytea(key.request_hash);
  return transaction.execute(key.table->claim, params).boolean(0, 0);
}

KnownKey find_answer(core::PgTransaction& transaction, const IdempotencyKey& key) {
  const IdempotencyKey* const only[] = {&key};
  const auto call = read_keys(*key.table, only);
  auto kept = kept_answers(*key.table, transaction.execute(*call.statement, call.params));
  if (kept.empty()) return std::nullopt;
  return answer_to_repeat(std::move(kept.front()), key);
}

Checked<Response> keyed_write(core::PgSession& session, const KeyedWrite& write) {
  return http_api::write(session, [&](core::PgTransaction& transaction) -> Checked<Response> {
    if (write.key && !claim(transaction, *write.key)) {
      auto known = find_answer(transaction, *write.key);
      if (!known) return refuse(std::move(known.error()));
      if (*known) return replayed(std::move(**known));
      return refuse(unavailable("This Idempotency-Key is about to expire; use a new one."));
    }
    if (auto problem = write.check(transaction)) return refuse(std::move(*problem));
    StoredAnswer answer = write.effect(transaction);
    if (write.key) store_answer(transaction, *write.key, answer);
    return response_of(std::move(answer));
  });
}

}  // namespace orderflow::http_api
