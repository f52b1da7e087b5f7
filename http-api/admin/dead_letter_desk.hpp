#pragma once

#include <optional>
#include <string>

#include "http-api/admin/letter_replayer.hpp"
#include "http-api/admin/operators.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/server/list_query.hpp"

namespace orderflow::http_api {

// What operators see of dead letters and do about them, the same over HTTP and on the command line.
// Blocks.

struct LetterFilter {
  std::string source;
  std::string topic;
  bool resolved_too = false;
};

// Newest first, without headers and bodies.
[[nodiscard]] ListQuery dead_letters(const LetterFilter& filter, PageRequest page);

// One in full, with what operators did about it; empty when there is none.
[[nodiscard]] std::optional<std::string> dead_letter_json(core::DatabasePool& pool,
                                                          const core::Uuid& id);

// What becomes of an open letter. Replaying publishes first and marks the row afterwards: whoever
// dies in between replays twice, which participants and owners are used to.
struct Resolution {
  core::Uuid id;
  std::string what;  // replayed, discarded
  std::string reason;
  std::optional<IdempotencyKey> key;
};
[[nodiscard]] Checked<Response> resolve(core::DatabasePool& pool, LetterReplayer& replayer,
                                        const Resolution& resolution, const Operator& who);

}  // namespace orderflow::http_api
