#pragma once

#include <functional>
#include <optional>

#include "core/pg/transaction.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// Does something once for a key, within one transaction: claims the key (waiting for a request
// under way that has claimed it), asks `check` whether it may be done at all, does `effect` and
// keeps its answer. Where the key was claimed before, the answer is the first one again. Commits
// only what was done: a refusal leaves no claim. `key` may be empty: then it is done each time.
struct KeyedWrite {
  std::optional<IdempotencyKey> key;
  std::function<std::optional<Problem>(core::PgTransaction&)> check;
  std::function<StoredAnswer(core::PgTransaction&)> effect;
};
[[nodiscard]] Checked<Response> keyed_write(core::PgSession& session, const KeyedWrite& write);

// True when the key is now this transaction's; false when another one has committed it.
[[nodiscard]] bool claim(core::PgTransaction& transaction, const IdempotencyKey& key);

// What a key that cannot be claimed stands for.
[[nodiscard]] KnownKey find_answer(core::PgTransaction& transaction, const IdempotencyKey& key);

}  // namespace orderflow::http_api
