#include "http-api/admin/dead_letter_rows.hpp"

#include <simdjson.h>

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;
using core::sql;

constexpr core::SqlText kMessageColumns{", coalesce(key, ''), headers, body"};

constexpr PgStatement kFindDeadLetter{"api_dead_letter",
                                      sql<"SELECT ", DeadLetterRow::kColumns, kMessageColumns,
                                          " FROM ops.dead_letters WHERE id = $1">};
constexpr PgStatement kLockDeadLetter{"api_dead_letter_lock",
                                      sql<"SELECT ", DeadLetterRow::kColumns, kMessageColumns,
                                          " FROM ops.dead_letters WHERE id = $1 FOR UPDATE">};

JsonObject letter_object(const DeadLetterRow& letter) {
  std::string resolution = "null";
  if (letter.resolution) {
    resolution = JsonObject()
                     .field("what", *letter.resolution)
                     .field("by", letter.resolved_by)
                     .field("reason", letter.resolution_reason)
                     .field("time", letter.resolved_at)
                     .text();
  }
  JsonObject object;
  object.field("id", letter.id)
      .field("source", letter.source)
      .field("topic", letter.topic)
      .field("partition", letter.partition)
      .field("offset", letter.offset)
      .field("reason", letter.reason)
      .field("attempts", letter.attempts)
      .field("created_at", letter.created_at)
      .field("resolution", RawJson{resolution});
  return object;
}

// Text as it is; anything else in base64url. JSON in PostgreSQL knows no null character.
void add_bytes(JsonObject& object, const std::string& name, const std::string& bytes) {
  const bool text = simdjson::validate_utf8(bytes) && bytes.find('\0') == std::string::npos;
  object.field(name, text ? bytes : base64url_encode(bytes));
  object.field(name + "_encoding", text ? "utf-8" : "base64url");
}

}  // namespace

DeadLetterRow DeadLetterRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          row.take<std::string>(),
          row.take<std::string>(),
          row.take<std::int32_t>(),
          row.take<std::int64_t>(),
          row.take<std::string>(),
          row.take<std::int32_t>(),
          row.take<core::Time>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<core::Time>>()};
}

FullDeadLetterRow FullDeadLetterRow::read(core::PgRow& row) {
  return {DeadLetterRow::read(row), row.take<std::string>(), row.take<core::JsonText>(),
          row.take<std::string>()};
}

std::string dead_letter_json(const DeadLetterRow& letter) { return letter_object(letter).text(); }

std::string full_dead_letter_json(const FullDeadLetterRow& full, std::string_view audit) {
  JsonObject object = letter_object(full.letter);
  add_bytes(object, "key", full.key);
  object.field("headers", RawJson{full.headers.text});
  add_bytes(object, "body", full.body);
  return object.field("audit", RawJson{audit}).text();
}

KeysetQuery list_dead_letters(const DeadLetterFilter& filter) {
  KeysetQuery query{sql<"SELECT ", DeadLetterRow::kColumns, " FROM ops.dead_letters">, "id DESC",
                    "id < ?"};
  if (!filter.resolved_too) query.where.add("resolved_at IS NULL");
  if (!filter.source.empty()) query.where.add("source = ?", filter.source);
  if (!filter.topic.empty()) query.where.add("topic = ?", filter.topic);
  return query;
}

std::optional<FullDeadLetterRow> find_dead_letter(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<FullDeadLetterRow>(
      session.execute(kFindDeadLetter, PgParams().uuid(id)));
}

std::optional<FullDeadLetterRow> lock_dead_letter(core::PgTransaction& transaction,
                                                  const core::Uuid& id) {
  return core::first_row_of<FullDeadLetterRow>(
      transaction.execute(kLockDeadLetter, PgParams().uuid(id)));
}

}  // namespace orderflow::http_api
