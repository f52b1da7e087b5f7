#include "http-api/server/context_sessions.hpp"
#include "core/pg/settings.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kFrontEndStatementTimeout = std::chrono::seconds{5};

}  // namespace

core::PgSessionOptions front_end_session(const char* database_role) {
  return {.application_name = "orderflow-api",
          .role = database_role,
          .answer_timeout = kFrontEndStatementTimeout,
          .lock_timeout = kFrontEndStatementTimeout,
          .index_only_plans = true,
          .index_order_plans = true};
}

std::shared_ptr<core::SessionPool> context_sessions(const ApiEnvironment& environment,
                                                    const char* database_role) {
  return std::make_shared<core::SessionPool>(environment.settings.get(core::kDatabaseUrl),
                                             front_end_session(database_role),
                                             environment.settings.get(kDbPool));
}

}  // namespace orderflow::http_api
