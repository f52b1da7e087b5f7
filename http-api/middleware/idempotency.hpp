#pragma once

#include <functional>
#include <optional>
#include <pqxx/transaction_base.hxx>
#include <string>
#include <string_view>

#include "core/json/document.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// A client's promise that requests with one key are one request. Kept 24 hours with the hash of the
// body; the row is written in the transaction of the effect it guards, so both are there or
// neither. Refusals are not kept: the same request may succeed later.
struct IdempotencyKey {
  std::string scope;  // route and caller
  std::string key;
  std::string body_hash;  // 32 bytes
};

enum class KeyPresence { kOptional, kRequired };

// Reads the header: 400 when it is malformed (1 to 200 visible ASCII characters), or absent but
// required.
[[nodiscard]] Checked<std::optional<IdempotencyKey>> read_idempotency_key(
    const RequestContext& context, const core::JsonDocument& body,
    KeyPresence presence = KeyPresence::kOptional);

// SHA-256 of what is asked: the path and the body in canonical form (sorted names, no white space).
[[nodiscard]] std::string hash_of_request(std::string_view path, const core::JsonDocument& body);

// An answer as it is stored for replay.
struct StoredAnswer {
  int status = 200;
  std::string location;  // empty: none
  std::string body;      // JSON

  [[nodiscard]] Response response(bool replayed) const;
};

// What keyed_write came to: an answer, new or replayed, or why there is none.
struct KeyedAnswer {
  Checked<StoredAnswer> answer;
  bool replayed = false;

  [[nodiscard]] Checked<Response> response() const;
};

// Does something once for a key, within a transaction: replays the answer of an earlier request
// with this key, else asks `check` whether it may be done at all (nothing is kept of a refusal),
// takes the key (waiting for a concurrent request that holds it), does `effect` and keeps its
// answer.
struct KeyedWrite {
  std::optional<IdempotencyKey> key;
  core::Uuid resource_id;  // what the key stands for
  std::function<std::optional<Problem>()> check;
  std::function<StoredAnswer()> effect;
};
[[nodiscard]] KeyedAnswer keyed_write(pqxx::transaction_base& transaction, const KeyedWrite& write);

}  // namespace orderflow::http_api
