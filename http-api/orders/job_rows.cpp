#include "http-api/orders/job_rows.hpp"

#include "http-api/server/http.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::PgStatement kFindJob{
    "api_job", core::sql<"SELECT ", JobRow::kColumns, " FROM orders.requests WHERE id = $1">};

std::string transitions_json(const JobRow& job) {
  JsonArray transitions;
  const auto add = [&transitions](std::string_view state, const std::optional<core::Time>& time) {
    if (time) transitions.add(JsonObject().field("state", state).field("time", *time).text());
  };
  add("accepted", job.accepted_at);
  add("running", job.running_at);
  add(job.state, job.ended_at);
  return transitions.text();
}

std::optional<std::string> reason_of(const JobRow& job) {
  for (const auto& text : {job.outcome_detail, job.outcome_code}) {
    if (text && !text->empty()) return text;
  }
  return std::nullopt;
}

}  // namespace

JobRow JobRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          row.take<std::string>(),
          row.take<core::Uuid>(),
          row.take<std::string>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<core::JsonText>>(),
          row.take<core::Time>(),
          row.take<std::optional<core::Time>>(),
          row.take<std::optional<core::Time>>()};
}

std::string job_json(const JobRow& job) {
  const std::string transitions = transitions_json(job);
  return JsonObject()
      .field("id", job.id)
      .field("kind", job.kind)
      .field("order_id", job.order_id)
      .field("state", job.state)
      .field("reason", reason_of(job))
      .field("transitions", RawJson{transitions})
      .field("result", RawJson{job.result ? job.result->text : "null"})
      .text();
}

std::optional<JobRow> find_job(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<JobRow>(session.execute(kFindJob, core::PgParams().uuid(id)));
}

}  // namespace orderflow::http_api
