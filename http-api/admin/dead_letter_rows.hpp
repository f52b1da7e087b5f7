#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/text.hpp"
#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

// A row of a context's dead letters without its message, which may be large.
struct DeadLetterRow {
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

// With its message, or with as much of it as is shown.
struct FullDeadLetterRow {
  DeadLetterRow letter;
  std::string key;
  core::JsonText headers;
  std::string body;
  std::int64_t body_bytes = 0;  // Of the whole body.

  [[nodiscard]] static FullDeadLetterRow read(core::PgRow& row);
};

// The dead letters that one owner leaves in its context's schema, and the statements about them.
struct DeadLetterTable {
  std::string_view source;    // The owner.
  const char* database_role;  // Of its context.
  const char* list;           // SELECT ... FROM ...
  core::PgStatement exists;   // id: whether it is one of these
  core::PgStatement find;     // id: a FullDeadLetterRow with what is shown
  core::PgStatement lock;     // id: a whole FullDeadLetterRow, locked
  core::PgStatement resolve;  // id, resolution, by whom, why
  core::PgStatement forget;   // for how long in microseconds, how many: removes resolved ones
};

// One of each owner, as in events::kOwners.
[[nodiscard]] std::span<const DeadLetterTable> dead_letter_tables();

struct DeadLetterFilter {
  std::string source;
  std::string topic;
  bool resolved_too = false;
};

[[nodiscard]] std::string dead_letter_json(const DeadLetterRow& letter);
// `audit`: the trail about it, as a JSON array.
[[nodiscard]] std::string full_dead_letter_json(const FullDeadLetterRow& letter,
                                                std::string_view audit);

// Whether a letter of this table can meet the filter at all.
[[nodiscard]] bool concerns(const DeadLetterFilter& filter, const DeadLetterTable& table);

// Newest first.
[[nodiscard]] KeysetQuery list_dead_letters(const DeadLetterTable& table,
                                            const DeadLetterFilter& filter);

// The page of several contexts' letters, out of the same page of each.
[[nodiscard]] PageOf<DeadLetterRow> merged(std::vector<PageOf<DeadLetterRow>> pages,
                                           std::size_t limit);

[[nodiscard]] bool has_dead_letter(core::PgSession& session, const DeadLetterTable& table,
                                   const core::Uuid& id);
[[nodiscard]] std::optional<FullDeadLetterRow> find_dead_letter(core::PgSession& session,
                                                                const DeadLetterTable& table,
                                                                const core::Uuid& id);
// Whole, and locked for its resolution.
[[nodiscard]] std::optional<FullDeadLetterRow> lock_dead_letter(core::PgTransaction& transaction,
                                                                const DeadLetterTable& table,
                                                                const core::Uuid& id);

// Removes letters that were resolved before `kept`, at most `count` of them; how many there were.
[[nodiscard]] std::int64_t forget_dead_letters(core::PgSession& session,
                                               const DeadLetterTable& table, core::Duration kept,
                                               std::int64_t count);

}  // namespace orderflow::http_api
