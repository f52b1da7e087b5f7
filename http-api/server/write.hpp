#pragma once

#include <utility>

#include "core/pg/transaction.hpp"
#include "core/testing/crash_point.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// Does `use(PgTransaction&)`, which returns a Checked value, in a transaction of its own, and
// commits it; a refusal rolls it back. Throws what the session throws.
template <typename Use>
auto write(core::PgSession& session, Use&& use) {
  core::PgTransaction transaction(session);
  auto result = std::forward<Use>(use)(transaction);
  if (result) {
    core::crash_point(core::CrashPlace::kBeforeWrite);
    transaction.commit();
    core::crash_point(core::CrashPlace::kAfterWrite);
  }
  return result;
}

}  // namespace orderflow::http_api
