#include "http-api/admin/dead_letter_desk.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include "core/pg/partition_count.hpp"
#include "core/values/shard.hpp"
#include "events/codec.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

std::string letter_columns() {
  return "id::text, source, topic, partition, message_offset, reason, attempts, " +
         rfc3339("created_at") + ", resolution, resolved_by, resolution_reason, " +
         rfc3339("resolved_at") +
         ", encode(coalesce(key, ''), 'hex'), headers::text, "
         "encode(body, 'hex')";
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

JsonObject letter_object(const pqxx::row& row) {
  std::string resolution = "null";
  if (!row[8].is_null()) {
    resolution = JsonObject()
                     .field("what", row[8].c_str())
                     .field("by", optional_text(row[9]))
                     .field("reason", optional_text(row[10]))
                     .field("time", optional_text(row[11]))
                     .text();
  }
  JsonObject object;
  object.field("id", row[0].c_str())
      .field("source", row[1].c_str())
      .field("topic", row[2].c_str())
      .field("partition", row[3].as<int>())
      .field("offset", row[4].as<std::int64_t>())
      .field("reason", row[5].c_str())
      .field("attempts", row[6].as<int>())
      .field("created_at", row[7].c_str())
      .field("resolution", RawJson{resolution});
  return object;
}

// Text as it is; anything else in base64url. PostgreSQL's JSON knows no null character.
void add_bytes(JsonObject& object, const std::string& name, const std::string& bytes) {
  const bool text = is_valid_utf8(bytes) && bytes.find('\0') == std::string::npos;
  object.field(name, text ? bytes : base64url_encode(bytes));
  object.field(name + "_encoding", text ? "utf-8" : "base64url");
}

std::string full_letter_json(pqxx::transaction_base& transaction, const pqxx::row& row) {
  JsonObject object = letter_object(row);
  add_bytes(object, "key", from_hex(row[12].c_str()));
  object.field("headers", RawJson{row[13].c_str()});
  add_bytes(object, "body", from_hex(row[14].c_str()));
  const std::string audit =
      audit_json(transaction, core::Uuid::parse(row[0].c_str()).value_or(core::Uuid{}));
  return object.field("audit", RawJson{audit}).text();
}

std::string select_one(const char* more = "") {
  return "SELECT " + letter_columns() + " FROM ops.dead_letters WHERE id = $1::uuid" + more;
}

core::OutgoingMessage message_of(pqxx::transaction_base& transaction, const pqxx::row& row) {
  core::OutgoingMessage message;
  message.topic = row[2].c_str();
  message.key = from_hex(row[12].c_str());
  const auto partitions = transaction.exec1(core::kPartitionCountSql)[0].as<std::int32_t>();
  message.partition = core::partition_of_key(message.key, partitions);
  message.body = from_hex(row[14].c_str());
  const auto headers = nlohmann::json::parse(row[13].c_str());
  for (const auto& [name, value] : headers.items()) {
    if (name != events::kReplayedHeader) message.headers.add(name, value.get<std::string>());
  }
  message.headers.add(events::kReplayedHeader, row[6].c_str());
  return message;
}

}  // namespace

ListQuery dead_letters(const LetterFilter& filter, PageRequest page) {
  ListQuery list;
  list.select = "SELECT " + letter_columns() + " FROM ops.dead_letters";
  if (!filter.resolved_too) list.conditions.emplace_back("resolved_at IS NULL");
  if (!filter.source.empty()) list.where("source = ?", filter.source);
  if (!filter.topic.empty()) list.where("topic = ?", filter.topic);
  list.order_by = "id DESC";
  list.after = "id < ?::uuid";
  list.page = std::move(page);
  list.to_json = [](const pqxx::row& row) { return letter_object(row).text(); };
  return list;
}

std::optional<std::string> dead_letter_json(core::DatabasePool& pool, const core::Uuid& id) {
  return pool.read([&](pqxx::nontransaction& transaction) -> std::optional<std::string> {
    const auto rows = transaction.exec_params(select_one(), id.to_string());
    if (rows.empty()) return std::nullopt;
    return full_letter_json(transaction, rows[0]);
  });
}

Checked<Response> resolve(core::DatabasePool& pool, LetterReplayer& replayer,
                          const Resolution& resolution, const Operator& who) {
  const std::string id = resolution.id.to_string();
  const auto answer = pool.write([&](pqxx::work& transaction) {
    pqxx::result rows;
    KeyedWrite write;
    write.key = resolution.key;
    write.resource_id = resolution.id;
    write.check = [&]() -> std::optional<Problem> {
      rows = transaction.exec_params(select_one(" FOR UPDATE"), id);
      if (rows.empty()) return not_found("dead letter");
      if (rows[0][8].is_null()) return std::nullopt;
      return conflict("already_resolved", std::string("The dead letter was ") + rows[0][8].c_str() +
                                              " already; if the message failed again, that is "
                                              "another dead letter.");
    };
    write.effect = [&] {
      if (resolution.what == "replayed") replayer.publish(message_of(transaction, rows[0]));
      transaction.exec_params(
          "UPDATE ops.dead_letters SET resolved_at = clock_timestamp(), resolution = $2, "
          "resolved_by = $3, resolution_reason = $4 WHERE id = $1::uuid",
          id, resolution.what, who.name, resolution.reason);
      record(transaction, who,
             {"dead_letter." + resolution.what, resolution.id, resolution.reason,
              JsonObject().field("topic", rows[0][2].c_str()).text()});
      rows = transaction.exec_params(select_one(), id);
      return StoredAnswer{200, "", full_letter_json(transaction, rows[0])};
    };
    return keyed_write(transaction, write);
  });
  return answer.response();
}

}  // namespace orderflow::http_api
