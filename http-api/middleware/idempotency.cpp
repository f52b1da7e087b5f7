#include "http-api/middleware/idempotency.hpp"

#include <algorithm>
#include <pqxx/pqxx>

#include "core/values/digest.hpp"
#include "http-api/server/json_text.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kKeyBytesMax = 200;
constexpr std::size_t kUsualRequestBytes = 600;

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// The answer of the first request with this key, or the problem that its body was another; nothing
// when the key is free.
std::optional<Checked<StoredAnswer>> find_answer(pqxx::transaction_base& transaction,
                                                 const IdempotencyKey& key) {
  const auto rows = transaction.exec_params(
      "SELECT body_hash = decode($3, 'hex'), answer->>'status', answer->>'location', "
      "answer->'body' FROM ops.idempotency_keys WHERE scope = $1 AND key = $2",
      key.scope, key.key, to_hex(key.body_hash));
  if (rows.empty()) return std::nullopt;
  if (!rows[0][0].as<bool>()) return refuse(key_reused());
  StoredAnswer answer;
  answer.status = rows[0][1].as<int>();
  answer.location = rows[0][2].as<std::string>("");
  answer.body = rows[0][3].as<std::string>("");
  return answer;
}

// True when the key is now this transaction's. Waits for a concurrent one that holds it.
bool claim(pqxx::transaction_base& transaction, const IdempotencyKey& key,
           const core::Uuid& resource_id) {
  return !transaction
              .exec_params(
                  "INSERT INTO ops.idempotency_keys (scope, key, body_hash, resource_id) "
                  "VALUES ($1, $2, decode($3, 'hex'), $4::uuid) "
                  "ON CONFLICT DO NOTHING RETURNING 1",
                  key.scope, key.key, to_hex(key.body_hash), resource_id.to_string())
              .empty();
}

void store_answer(pqxx::transaction_base& transaction, const IdempotencyKey& key,
                  const StoredAnswer& answer) {
  const std::string text = JsonObject()
                               .field("status", answer.status)
                               .field("location", answer.location)
                               .field("body", RawJson{answer.body})
                               .text();
  transaction.exec_params(
      "UPDATE ops.idempotency_keys SET answer = $3::jsonb WHERE scope = $1 AND key = $2", key.scope,
      key.key, text);
}

}  // namespace

std::string hash_of_request(std::string_view path, const core::JsonDocument& body) {
  core::TextBuilder asked(kUsualRequestBytes);
  asked.put(path);
  asked.put('\n');
  core::put_canonical(asked, body.root());
  return sha256(asked.view());
}

Checked<std::optional<IdempotencyKey>> read_idempotency_key(const RequestContext& context,
                                                            const core::JsonDocument& body,
                                                            KeyPresence presence) {
  const std::string_view key = context.request.header("Idempotency-Key");
  if (key.empty()) {
    if (presence == KeyPresence::kOptional) return std::nullopt;
    return refuse(bad_request(
        "This needs an Idempotency-Key header, so that a repeated request moves money once."));
  }
  if (key.size() > kKeyBytesMax || !is_visible_ascii(key)) {
    return refuse(bad_request("Idempotency-Key must be 1 to 200 visible ASCII characters."));
  }
  IdempotencyKey out;
  out.scope = std::string(name_of(context.request.method)) + " " + std::string(context.route) +
              " " + context.caller;
  out.key = key;
  out.body_hash = hash_of_request(context.request.path, body);
  return out;
}

Response StoredAnswer::response(bool replayed) const {
  Response response;
  response.status = status;
  response.body = body;
  if (!location.empty()) response.with("Location", location);
  if (replayed) response.with("Idempotency-Replayed", "true");
  return response;
}

Checked<Response> KeyedAnswer::response() const {
  if (!answer) return refuse(answer.error());
  return answer->response(replayed);
}

KeyedAnswer keyed_write(pqxx::transaction_base& transaction, const KeyedWrite& write) {
  if (write.key) {
    if (auto found = find_answer(transaction, *write.key)) return {std::move(*found), true};
  }
  if (auto problem = write.check()) return {refuse(std::move(*problem))};
  if (write.key && !claim(transaction, *write.key, write.resource_id)) {
    auto found = find_answer(transaction, *write.key);
    if (found) return {std::move(*found), true};
    return {refuse(unavailable("This Idempotency-Key has just expired; try again."))};
  }
  StoredAnswer answer = write.effect();
  if (write.key) store_answer(transaction, *write.key, answer);
  return {std::move(answer)};
}

}  // namespace orderflow::http_api
