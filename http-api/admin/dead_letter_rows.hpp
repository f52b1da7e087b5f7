#pragma once

#include <optional>
#include <string>

#include "core/json/text.hpp"
#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

// A row of ops.dead_letters without its message, which may be large.
struct DeadLetterRow {
  static constexpr core::SqlText kColumns{
      "id, source, topic, partition, message_offset, reason, attempts, created_at, resolution, "
      "resolved_by, resolution_reason, resolved_at"};

  core::Uuid id;
  std::string source;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string reason;
  std::int32_t attempts = 0;
  core::Time created_at;
  std::optional<std::string> resolution;  // replayed, discarded
  std::optional<std::string> resolved_by;
  std::optional<std::string> resolution_reason;
  std::optional<core::Time> resolved_at;

  [[nodiscard]] const core::Uuid& position() const { return id; }
  [[nodiscard]] static DeadLetterRow read(core::PgRow& row);
};

// With its message.
struct FullDeadLetterRow {
  DeadLetterRow letter;
  std::string key;
  core::JsonText headers;
  std::string body;

  [[nodiscard]] static FullDeadLetterRow read(core::PgRow& row);
};

struct DeadLetterFilter {
  std::string source;
  std::string topic;
  bool resolved_too = false;
};

[[nodiscard]] std::string dead_letter_json(const DeadLetterRow& letter);
// `audit`: the trail about it, as a JSON array.
[[nodiscard]] std::string full_dead_letter_json(const FullDeadLetterRow& letter,
                                                std::string_view audit);

// Newest first.
[[nodiscard]] KeysetQuery list_dead_letters(const DeadLetterFilter& filter);

[[nodiscard]] std::optional<FullDeadLetterRow> find_dead_letter(core::PgSession& session,
                                                                const core::Uuid& id);
// Locked for its resolution.
[[nodiscard]] std::optional<FullDeadLetterRow> lock_dead_letter(core::PgTransaction& transaction,
                                                                const core::Uuid& id);

}  // namespace orderflow::http_api
