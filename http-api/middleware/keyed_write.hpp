#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/json/document.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// Idempotent writes: a request that is repeated under its key happens once and is answered the same
// again. The row of the key is written in the transaction of the effect it guards, so both are
// there or neither. Refusals are not kept: the same request may succeed later.

// The request's Idempotency-Key; 400 when it is malformed (1 to 200 visible ASCII characters), or
// absent but required by the route's policy.
[[nodiscard]] Checked<std::optional<IdempotencyKey>> read_idempotency_key(
    const RequestContext& context);

// SHA-256 of what is asked: the path and the body in canonical form (sorted names, no white space).
[[nodiscard]] std::string hash_of_request(std::string_view path, const core::JsonDocument& body);

// An answer as it is stored for replay.
struct StoredAnswer {
  int status = 200;
  std::string location;  // empty: none
  std::string body;      // JSON
};

[[nodiscard]] Response replayed(Response response);

// Does something once for a key, within one transaction: replays the answer of an earlier request
// with this key, else asks `check` whether it may be done at all, takes the key (waiting for a
// concurrent request that holds it), does `effect` and keeps its answer. Commits only what was
// done. `key` may be empty: then it is done each time.
struct KeyedWrite {
  std::optional<IdempotencyKey> key;
  core::Uuid resource_id;  // what the key stands for
  std::function<std::optional<Problem>(core::PgTransaction&)> check;
  std::function<StoredAnswer(core::PgTransaction&)> effect;
};
[[nodiscard]] Checked<Response> keyed_write(core::PgSession& session, const KeyedWrite& write);

}  // namespace orderflow::http_api
