#include "http-api/admin/dead_letter_rows.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "events/roles.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::sql;

// Of a message so much is shown. What is kept is whole.
constexpr core::SqlText kShownColumns{
    ", substring(coalesce(key, '') FOR 1024), CASE WHEN octet_length(headers::text) <= 65536"
    " THEN headers ELSE '{}' END, substring(body FOR 65536), octet_length(body)::int8"};
constexpr core::SqlText kMessageColumns{
    ", coalesce(key, ''), headers, body, octet_length(body)::int8"};

// In the order of DeadLetterRow::read.
template <core::SqlText Source>
constexpr auto kColumns =
    core::concat<"id, '", Source,
                 "', topic, partition, message_offset, reason, attempts, created_at, resolution, "
                 "resolved_by, resolution_reason, resolved_at">;

template <core::SqlText Schema, core::SqlText Source>
constexpr DeadLetterTable kTable{
    sql<Source>,
    sql<"orderflow_", Schema>,
    sql<"SELECT ", kColumns<Source>, " FROM ", Schema, ".dead_letters">,
    {sql<"api_dead_letter_exists_", Schema>,
     sql<"SELECT EXISTS (SELECT FROM ", Schema, ".dead_letters WHERE id = $1)">},
    {sql<"api_dead_letter_", Schema>, sql<"SELECT ", kColumns<Source>, kShownColumns, " FROM ",
                                          Schema, ".dead_letters WHERE id = $1">},
    {sql<"api_dead_letter_lock_", Schema>,
     sql<"SELECT ", kColumns<Source>, kMessageColumns, " FROM ", Schema,
         ".dead_letters WHERE id = $1 FOR UPDATE">},
    {sql<"api_dead_letter_resolve_", Schema>,
     sql<"UPDATE ", Schema,
         ".dead_letters SET resolved_at = clock_timestamp(), resolution = $2,"
         " resolved_by = $3, resolution_reason = $4 WHERE id = $1">},
    {sql<"api_dead_letters_forget_", Schema>,
     sql<"DELETE FROM ", Schema, ".dead_letters WHERE id = ANY (ARRAY(SELECT id FROM ", Schema,
         ".dead_letters WHERE resolved_at < now() - $1 * interval '1 microsecond'"
         " ORDER BY resolved_at LIMIT $2 FOR UPDATE SKIP LOCKED))">}};

constexpr std::array kTables{kTable<"orders", "orchestrator">, kTable<"payments", "payments">,
                             kTable<"delivery", "delivery">};
static_assert(std::equal(kTables.begin(), kTables.end(), events::kOwners.begin(),
                         events::kOwners.end(),
                         [](const DeadLetterTable& table, const events::Role& owner) {
                           return table.source == owner.name &&
                                  table.database_role == owner.database_role;
                         }));

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
void add_bytes(JsonObject& object, const std::string& name, std::string_view bytes) {
  const bool text = simdjson::validate_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
  object.field(name, text ? std::string(bytes) : base64url_encode(bytes));
  object.field(name + "_encoding", text ? "utf-8" : "base64url");
}

// Of a text that was cut short, without the character that was cut.
std::string_view whole_characters(std::string_view text) {
  constexpr std::size_t of_a_character = 3;  // At most, of one that is not whole.
  std::string_view whole = text;
  for (std::size_t left_out = 0; left_out < of_a_character && !whole.empty(); ++left_out) {
    if (simdjson::validate_utf8(whole)) return whole;
    whole.remove_suffix(1);
  }
  return simdjson::validate_utf8(whole) ? whole : text;
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
          row.take<std::string>(), row.take<std::int64_t>()};
}

std::span<const DeadLetterTable> dead_letter_tables() { return kTables; }

std::string dead_letter_json(const DeadLetterRow& letter) { return letter_object(letter).text(); }

std::string full_dead_letter_json(const FullDeadLetterRow& full, std::string_view audit) {
  JsonObject object = letter_object(full.letter);
  add_bytes(object, "key", full.key);
  object.field("headers", RawJson{full.headers.text});
  const bool cut = full.body_bytes > static_cast<std::int64_t>(full.body.size());
  add_bytes(object, "body", cut ? whole_characters(full.body) : full.body);
  object.field("body_bytes", full.body_bytes);
  return object.field("audit", RawJson{audit}).text();
}

bool concerns(const DeadLetterFilter& filter, const DeadLetterTable& table) {
  return filter.source.empty() || filter.source == table.source;
}

KeysetQuery list_dead_letters(const DeadLetterTable& table, const DeadLetterFilter& filter) {
  KeysetQuery query{table.list, "id"};
  if (!filter.resolved_too) query.where.add("resolved_at IS NULL");
  if (!filter.topic.empty()) query.where.add("topic = ?", filter.topic);
  return query;
}

PageOf<DeadLetterRow> merged(std::vector<PageOf<DeadLetterRow>> pages, std::size_t limit) {
  PageOf<DeadLetterRow> page;
  for (auto& part : pages) {
    page.more = page.more || part.more;
    std::move(part.rows.begin(), part.rows.end(), std::back_inserter(page.rows));
  }
  std::sort(page.rows.begin(), page.rows.end(),
            [](const auto& a, const auto& b) { return b.id < a.id; });
  if (page.rows.size() > limit) {
    page.rows.resize(limit);
    page.more = true;
  }
  return page;
}

bool has_dead_letter(core::PgSession& session, const DeadLetterTable& table, const core::Uuid& id) {
  return session.execute(table.exists, PgParams().uuid(id)).boolean(0, 0);
}

std::optional<FullDeadLetterRow> find_dead_letter(core::PgSession& session,
                                                  const DeadLetterTable& table,
                                                  const core::Uuid& id) {
  return core::first_row_of<FullDeadLetterRow>(session.execute(table.find, PgParams().uuid(id)));
}

std::optional<FullDeadLetterRow> lock_dead_letter(core::PgTransaction& transaction,
                                                  const DeadLetterTable& table,
                                                  const core::Uuid& id) {
  return core::first_row_of<FullDeadLetterRow>(
      transaction.execute(table.lock, PgParams().uuid(id)));
}

std::int64_t forget_dead_letters(core::PgSession& session, const DeadLetterTable& table,
                                 core::Duration kept, std::int64_t count) {
  PgParams params;
  params.int8(kept.count()).int8(count);
  return session.execute(table.forget, params).affected();
}

}  // namespace orderflow::http_api
