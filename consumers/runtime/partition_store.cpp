#include "consumers/runtime/partition_store.hpp"

#include <nlohmann/json.hpp>

#include "core/values/utf8.hpp"
#include "events/codec.hpp"
#include "events/ids.hpp"

namespace orderflow::consumers {

using core::PgArray;
using core::PgCall;
using core::PgParams;
using core::PgType;

namespace {

// Of what a reason quotes only so much is kept, so that lists of them stay small.
constexpr std::size_t kReasonBytesMax = 1'000;

// Headers come from anyone; jsonb refuses NUL characters and broken UTF-8.
std::string headers_json(const core::KafkaMessage& message) {
  nlohmann::json headers = nlohmann::json::object();
  for (auto& [name, value] : message.headers()) {
    std::erase(name, '\0');
    std::erase(value, '\0');
    headers[name] = value;
  }
  return headers.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

PgArray int4_array(const std::set<std::int32_t>& values) {
  PgArray array(PgType::kInt4);
  for (const auto value : values) array.add(value);
  return array;
}

}  // namespace

PartitionStore::PartitionStore(const std::string& schema, std::string role)
    : role_(std::move(role)) {
  const std::string table = schema + ".partitions";
  grant_ = {schema + "_grant",
            "UPDATE " + table +
                // No heartbeat: who has been granted a partition may still fail at all of its work.
                " SET epoch = epoch + 1, owner = $2, backend_pid = pg_backend_pid()"
                " WHERE partition = ANY($1)"
                " RETURNING partition, epoch, next_offset, batch_no, published_mark,"
                " clock_timestamp()"};
  end_stopped_ = {schema + "_end_stopped",
                  "SELECT pg_terminate_backend(a.pid) FROM " + table +
                      " p JOIN pg_stat_activity a ON a.pid = p.backend_pid"
                      " WHERE p.partition = ANY($1) AND a.application_name = $2"
                      " AND a.datname = current_database()"};
  check_ = {schema + "_check",
            "WITH u AS (UPDATE " + table +
                " p SET next_offset = c.next_offset, batch_no = c.batch_no,"
                " published_mark = c.published_mark, oldest_ready_at = c.oldest_ready_at,"
                " backend_pid = pg_backend_pid(), heartbeat = clock_timestamp()"
                " FROM unnest($1::ops.partition_advance[]) AS c"
                " WHERE p.partition = c.partition AND p.epoch = c.epoch"
                " AND p.next_offset = c.expected_offset RETURNING 1)"
                " SELECT clock_timestamp(), CASE WHEN count(*) = $2 THEN 1"
                " ELSE ops.raise_fenced('" +
                schema + ".partitions') END FROM u"};
  stale_ = {schema + "_stale",
            "SELECT partition, epoch, next_offset FROM " + table + " WHERE partition = ANY($1)"};
  // The pause ends by itself, lest owners wait for a repartition that died.
  layout_ = {schema + "_layout",
             "SELECT (SELECT count(*)::int FROM " + table +
                 "), coalesce((SELECT value::timestamptz > clock_timestamp() FROM ops.settings"
                 " WHERE name = 'owners_paused_until'), false),"
                 " ops.installation_id()"};
  dead_letters_ = {schema + "_dead_letters",
                   "INSERT INTO " + schema +
                       ".dead_letters"
                       " (id, topic, partition, message_offset, key, headers, body, reason,"
                       " attempts) SELECT id, $1, partition, message_offset, key, headers, body,"
                       " reason, attempts FROM unnest($2::uuid[], $3::int[], $4::bigint[],"
                       " $5::bytea[], $6::jsonb[], $7::bytea[], $8::text[], $9::int[])"
                       " AS t(id, partition, message_offset, key, headers, body, reason,"
                       " attempts)"};
  open_dead_letters_ = {
      schema + "_open_dead_letters",
      "SELECT count(*) FROM " + schema + ".dead_letters WHERE resolved_at IS NULL"};
  for (Sql* sql :
       {&grant_, &end_stopped_, &check_, &stale_, &layout_, &dead_letters_, &open_dead_letters_}) {
    sql->bind();
  }
}

std::vector<Grant> PartitionStore::grant(const std::set<std::int32_t>& partitions,
                                         const std::string& owner, core::PgSession& session) {
  PgParams params;
  params.array(int4_array(partitions)).text(owner);
  const auto rows = session.execute(grant_.statement, params);
  std::vector<Grant> granted;
  for (int i = 0; i < rows.rows(); ++i) {
    granted.push_back({rows.int4(i, 0), rows.int8(i, 1), rows.int8(i, 2), rows.int8(i, 3),
                       rows.int8(i, 4), rows.time(i, 5)});
  }
  return granted;
}

void PartitionStore::end_stopped_owners(const std::set<std::int32_t>& partitions,
                                        core::PgSession& login_session) {
  PgParams params;
  params.array(int4_array(partitions)).text("orderflow/" + role_);
  (void)login_session.execute(end_stopped_.statement, params);
}

PgCall PartitionStore::ownership_check(const std::vector<Advance>& advances) const {
  core::PgRows rows("ops.partition_advance", 7, advances.size());
  for (const Advance& advance : advances) {
    rows.row()
        .add(advance.partition)
        .add(advance.epoch)
        .add(advance.expected_offset)
        .add(advance.next_offset)
        .add(advance.batch_no)
        .add(advance.published_mark)
        .add(advance.oldest_ready_at);
  }
  PgCall call{&check_.statement, {}};
  call.params.rows(std::move(rows)).int8(static_cast<std::int64_t>(advances.size()));
  return call;
}

std::set<std::int32_t> PartitionStore::stale(const Grants& grants, core::PgSession& session) {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : grants) partitions.insert(partition);
  PgParams params;
  params.array(int4_array(partitions));
  const auto rows = session.execute(stale_.statement, params);
  for (int i = 0; i < rows.rows(); ++i) {
    const auto found = grants.find(rows.int4(i, 0));
    if (found != grants.end() && found->second.epoch == rows.int8(i, 1) &&
        found->second.next_offset == rows.int8(i, 2)) {
      partitions.erase(found->first);
    }
  }
  return partitions;
}

PartitionStore::Layout PartitionStore::layout(core::PgSession& session) {
  const auto rows = session.execute(layout_.statement);
  return {rows.int4(0, 0), rows.boolean(0, 1), std::string(rows.text(0, 2))};
}

PgCall PartitionStore::dead_letters(const std::string& topic,
                                    const std::vector<DeadLetter>& dead_letters) const {
  PgArray ids(PgType::kUuid);
  PgArray partitions(PgType::kInt4);
  PgArray offsets(PgType::kInt8);
  PgArray keys(PgType::kBytea);
  PgArray headers(PgType::kJsonb);
  PgArray bodies(PgType::kBytea);
  PgArray reasons(PgType::kText);
  PgArray attempts(PgType::kInt4);
  for (const auto& [message, reason] : dead_letters) {
    ids.add(events::new_dead_letter_id(message->key()));
    partitions.add(message->partition());
    offsets.add(message->offset());
    keys.add(message->key());
    headers.add(headers_json(*message));
    bodies.add(message->body());
    reasons.add(core::first_bytes(reason, kReasonBytesMax));
    attempts.add(events::failures_of(*message) + 1);
  }
  PgCall call{&dead_letters_.statement, {}};
  call.params.text(topic).array(ids).array(partitions).array(offsets).array(keys);
  call.params.array(headers).array(bodies).array(reasons).array(attempts);
  return call;
}

std::int64_t PartitionStore::open_dead_letters(core::PgSession& session) {
  return session.execute(open_dead_letters_.statement).int8(0, 0);
}

}  // namespace orderflow::consumers
