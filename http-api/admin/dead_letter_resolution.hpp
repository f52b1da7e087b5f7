#pragma once

#include <optional>
#include <string>

#include "core/pg/session.hpp"
#include "domain/trail/rows.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/message_replayer.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// What becomes of an open dead letter, the same over HTTP and on the command line.
enum class Resolution { kReplayed, kDiscarded };

[[nodiscard]] std::string_view name_of(Resolution resolution);

struct ResolveDeadLetter {
  core::Uuid id;
  Resolution resolution = Resolution::kDiscarded;
  std::string reason;
  std::optional<IdempotencyKey> key;
};

// Of a letter of this table, on a session with its context's role. Blocks. Replaying publishes
// first and marks the row afterwards: a process that dies in between replays twice, which
// participants and owners are used to.
[[nodiscard]] Checked<Response> resolve(core::PgSession& session, const DeadLetterTable& table,
                                        MessageReplayer& replayer, const ResolveDeadLetter& wanted,
                                        const domain::Operator& who);

}  // namespace orderflow::http_api
