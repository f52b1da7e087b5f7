#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::http_api {

// A row of orders.requests as a job: what was asked of an order, and what became of it.
struct JobRow {
  static constexpr core::SqlText kColumns{
      "id, kind, order_id, state, outcome_code, outcome_detail, result, accepted_at, running_at, "
      "ended_at"};

  core::Uuid id;
  std::string kind;
  core::Uuid order_id;
  std::string state;
  std::optional<std::string> outcome_code;
  std::optional<std::string> outcome_detail;
  std::optional<core::JsonText> result;
  core::Time accepted_at;
  std::optional<core::Time> running_at;
  std::optional<core::Time> ended_at;

  [[nodiscard]] bool ended() const { return ended_at.has_value(); }
  [[nodiscard]] static JobRow read(core::PgRow& row);
};

[[nodiscard]] std::string job_json(const JobRow& job);

[[nodiscard]] std::optional<JobRow> find_job(core::PgSession& session, const core::Uuid& id);

}  // namespace orderflow::http_api
