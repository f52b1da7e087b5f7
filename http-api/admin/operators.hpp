#pragma once

#include <optional>
#include <pqxx/transaction_base.hxx>
#include <string>
#include <string_view>

#include "core/observe/trace.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/services.hpp"

namespace orderflow::http_api {

// Who does something by hand: over HTTP whoever X-Operator names, on the command line --actor.
struct Operator {
  std::string name;
  core::Trace trace;
};

// Lets operators in: 401 without X-Internal-API-Key, 403 with a wrong one, and 403 while no key is
// configured, since what they may do is not for everybody.
[[nodiscard]] Checked<Operator> admit_operator(const Services& services,
                                               const RequestContext& context);

// One row of ops.audit_log, written in the transaction of what it tells about.
struct AuditEntry {
  std::string action;  // e.g. "saga.retry"
  core::Uuid subject;
  std::string reason;
  std::string details = "{}";  // a JSON object
};
void record(pqxx::transaction_base& transaction, const Operator& who, const AuditEntry& entry);

// The rows about a subject, oldest first, as a JSON array.
[[nodiscard]] std::string audit_json(pqxx::transaction_base& transaction,
                                     const core::Uuid& subject);

}  // namespace orderflow::http_api
