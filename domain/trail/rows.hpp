#pragma once

#include <string>
#include <vector>

#include "core/observe/trace.hpp"
#include "core/pg/row.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::domain {

// The audit trail: who did what by hand, when and why. Append-only; each row is written in the
// transaction of the action it records.

// Who does something by hand: over HTTP whoever X-Operator names, on the command line --actor.
struct Operator {
  std::string name;
  core::Trace trace;
};

struct TrailEntry {
  std::string action;  // e.g. "saga.retry"
  core::Uuid subject;
  std::string reason;
  std::string details = "{}";  // a JSON object
};

void record(core::PgTransaction& transaction, const Operator& who, const TrailEntry& entry);
// The same in one statement for many subjects.
void record(core::PgTransaction& transaction, const Operator& who,
            const std::vector<TrailEntry>& entries);

// A row of ops.audit_log.
struct TrailRow {
  core::Time time;
  std::string actor;
  std::string action;
  std::string reason;
  std::string correlation_id;
  core::JsonText details;

  [[nodiscard]] static TrailRow read(core::PgRow& row);
};

// The rows about a subject, oldest first, 500 at most.
[[nodiscard]] std::vector<TrailRow> read_trail(core::PgSession& session, const core::Uuid& subject);

}  // namespace orderflow::domain
