#pragma once

namespace orderflow::testing {

// The dead letters of every context, for a FROM clause.
inline constexpr const char* kDeadLetters =
    "(SELECT 'orchestrator' AS source, * FROM orders.dead_letters UNION ALL "
    "SELECT 'payments', * FROM payments.dead_letters UNION ALL "
    "SELECT 'delivery', * FROM delivery.dead_letters) AS dead_letters ";

}  // namespace orderflow::testing
