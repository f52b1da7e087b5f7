#include "http-api/middleware/key_table.hpp"

#include <utility>

namespace orderflow::http_api {

Response response_of(StoredAnswer answer) {
  Response response = json_response(std::move(answer.body), answer.status);
  if (!answer.location.empty()) response.with("Location", std::move(answer.location));
  return response;
}

Response replayed(StoredAnswer answer) {
  return response_of(std::move(answer)).with("Idempotency-Replayed", "true");
}

core::PgCall read_keys(const KeyTable& table, std::span<const IdempotencyKey* const> keys) {
  core::PgArray scopes(core::PgType::kText), names(core::PgType::kText);
  for (const IdempotencyKey* key : keys) {
    scopes.add(key->scope);
    names.add(key->key);
  }
  core::PgCall call{&table.read, {}};
  call.params.array(scopes).array(names);
  return call;
}

std::vector<KeptAnswer> kept_answers(const KeyTable& table, const core::PgResult& result) {
  std::vector<KeptAnswer> kept;
  kept.reserve(static_cast<std::size_t>(result.rows()));
  for (int i = 0; i < result.rows(); ++i) {
    core::PgRow row(result, i);
    auto scope = row.take<std::string>();
    auto key = row.take<std::string>();
    auto request_hash = row.take<std::string>();
    kept.push_back({std::move(scope), std::move(key), std::move(request_hash), table.answer(row)});
  }
  return kept;
}

KnownKey answer_to_repeat(KeptAnswer kept, const IdempotencyKey& key) {
  if (kept.request_hash != key.request_hash) return refuse(key_reused());
  return std::move(kept.answer);
}

}  // namespace orderflow::http_api
