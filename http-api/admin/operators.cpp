#include "http-api/admin/operators.hpp"

#include <pqxx/pqxx>

#include "core/values/digest.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kOperatorName{.characters_max = 100};
constexpr int kAuditRowsMax = 500;

}  // namespace

Checked<Operator> admit_operator(const Services& services, const RequestContext& context) {
  if (services.operator_key.empty()) {
    return refuse(Problem{403, "no_operator_key",
                          "Operator routes are closed while no key is configured; set "
                          "INTERNAL_API_KEY and restart the api role."});
  }
  const std::string_view shown = context.request.header("X-Internal-API-Key");
  if (shown.empty()) {
    return refuse(Problem{401, "unauthorized", "This is for operators; send X-Internal-API-Key."});
  }
  if (!equal_in_constant_time(shown, services.operator_key)) {
    return refuse(Problem{403, "forbidden", "This X-Internal-API-Key is not the right one."});
  }
  Operator who{std::string(context.request.header("X-Operator")), context.trace};
  if (who.name.empty()) who.name = "operator";
  if (!is_valid_utf8(who.name) || !check_text(who.name, kOperatorName).empty()) {
    return refuse(bad_request("X-Operator must be a name of 1 to 100 characters."));
  }
  return who;
}

void record(pqxx::transaction_base& transaction, const Operator& who, const AuditEntry& entry) {
  transaction.exec_params(
      "INSERT INTO ops.audit_log (id, actor, action, subject, reason, correlation_id, details) "
      "VALUES ($1::uuid, $2, $3, $4::uuid, $5, $6, $7::jsonb)",
      core::new_uuid_v7().to_string(), who.name, entry.action, entry.subject.to_string(),
      entry.reason, who.trace.correlation_id, entry.details);
}

std::string audit_json(pqxx::transaction_base& transaction, const core::Uuid& subject) {
  const auto rows = transaction.exec_params(
      "SELECT " + rfc3339("time") +
          ", actor, action, reason, correlation_id, details::text FROM ops.audit_log "
          "WHERE subject = $1::uuid ORDER BY id LIMIT $2",
      subject.to_string(), kAuditRowsMax);
  JsonArray entries;
  for (const auto& row : rows) {
    entries.add(JsonObject()
                    .field("time", row[0].c_str())
                    .field("actor", row[1].c_str())
                    .field("action", row[2].c_str())
                    .field("reason", row[3].c_str())
                    .field("correlation_id", row[4].c_str())
                    .field("details", RawJson{row[5].c_str()})
                    .text());
  }
  return entries.text();
}

}  // namespace orderflow::http_api
