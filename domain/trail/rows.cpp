#include "domain/trail/rows.hpp"

#include "core/pg/params.hpp"
#include "events/ids.hpp"

namespace orderflow::domain {
namespace {

using core::PgArray;
using core::PgStatement;
using core::PgType;

constexpr int kTrailRowsMax = 500;

constexpr PgStatement kInsertTrail{
    "trail_insert",
    "INSERT INTO ops.audit_log (id, actor, action, subject, reason, correlation_id, details)"
    " SELECT t.id, $1, t.action, t.subject, t.reason, $2, t.details"
    " FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::jsonb[])"
    " AS t(id, action, subject, reason, details)"};
constexpr PgStatement kReadTrail{
    "trail_read",
    "SELECT time, actor, action, reason, correlation_id, details FROM"
    " (SELECT * FROM ops.audit_log WHERE subject = $1 ORDER BY id DESC LIMIT $2) latest"
    " ORDER BY id"};

}  // namespace

void record(core::PgTransaction& transaction, const Operator& who, const TrailEntry& entry) {
  record(transaction, who, std::vector<TrailEntry>{entry});
}

void record(core::PgTransaction& transaction, const Operator& who,
            const std::vector<TrailEntry>& entries) {
  PgArray ids(PgType::kUuid), actions(PgType::kText), subjects(PgType::kUuid),
      reasons(PgType::kText), details(PgType::kJsonb);
  for (const TrailEntry& entry : entries) {
    ids.add(events::new_audit_id(entry.subject));
    actions.add(entry.action);
    subjects.add(entry.subject);
    reasons.add(entry.reason);
    details.add(entry.details);
  }
  core::PgParams params;
  params.text(who.name).text(who.trace.correlation_id).array(ids).array(actions);
  params.array(subjects).array(reasons).array(details);
  (void)transaction.execute(kInsertTrail, params);
}

TrailRow TrailRow::read(core::PgRow& row) {
  return {row.take<core::Time>(),  row.take<std::string>(), row.take<std::string>(),
          row.take<std::string>(), row.take<std::string>(), row.take<core::JsonText>()};
}

std::vector<TrailRow> read_trail(core::PgSession& session, const core::Uuid& subject) {
  core::PgParams params;
  params.uuid(subject).int8(kTrailRowsMax);
  return core::rows_of<TrailRow>(session.execute(kReadTrail, params));
}

}  // namespace orderflow::domain
