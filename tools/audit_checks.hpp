#pragma once

#include <span>
#include <string>
#include <string_view>

namespace orderflow::tools {

// The table whose ids a check walks along.
enum class AuditScope { kOrders, kAccounts, kPayments, kDeliveries };

// One promise as a query. $1 and $2 bound the ids of a chunk (exclusive, inclusive); checks of
// orders read `rest`, the chunk's orders at rest. Each row of the answer is a finding: an id and
// why.
struct AuditCheck {
  std::string_view name;
  AuditScope scope;
  std::string_view sql;
  bool strict_only = false;
};

[[nodiscard]] std::span<const AuditCheck> audit_checks();

// `chunk` (all orders of the chunk) and `rest` as common table expressions, for the checks of
// orders. $3 is how long ago an order must have come to rest, as an interval.
[[nodiscard]] std::string_view rest_expression();

[[nodiscard]] std::string_view table_of(AuditScope scope);

}  // namespace orderflow::tools
