#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::tools {

struct AuditOptions {
  bool strict = false;  // An order that is not at rest is a finding, too.
  int chunk = 2'000;    // Rows of the leading table in one snapshot.
};

struct AuditFinding {
  std::string id;
  std::string why;
};

struct AuditResult {
  std::string check;
  std::int64_t rows = 0;
  std::int64_t findings = 0;
  std::vector<AuditFinding> first;  // At most 20.
};

// Checks what Orderflow promises against the whole database, across its schemas, as the login user.
// Reads in chunks, each a short REPEATABLE READ transaction of its own, so that it may run beside a
// busy system: there it looks at orders that are at rest. Throws core::Unavailable.
[[nodiscard]] std::vector<AuditResult> audit(core::PgSession& session, const AuditOptions& options);

// `orderflow audit [--strict] [--json]`: prints what was looked at and found. 0 when all is well, 1
// when not.
int run_audit(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
