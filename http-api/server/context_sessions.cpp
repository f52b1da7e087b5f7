#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kFrontEndStatementTimeout = std::chrono::seconds{5};

}  // namespace

core::PgSessionOptions front_end_session(const char* database_role) {
  return {.application_name = "orderflow-api",
          .role = database_role,
          .answer_timeout = kFrontEndStatementTimeout,
          .lock_timeout = kFrontEndStatementTimeout};
}

std::shared_ptr<core::SessionPool> context_sessions(const ApiEnvironment& environment,
                                                    const char* database_role) {
  return std::make_shared<core::SessionPool>(
      environment.config.text("database-url"), front_end_session(database_role),
      static_cast<std::size_t>(environment.config.integer("db-pool")));
}

}  // namespace orderflow::http_api
