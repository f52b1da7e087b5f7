#pragma once

#include <memory>

#include "core/pg/session_pool.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// How a front end's session differs from an owner's: what it asks for must be answered within a
// request's deadline.
[[nodiscard]] core::PgSessionOptions front_end_session(const char* database_role);

// The sessions of one context, with that context's role only. Shared with the work that uses them,
// which may outlive the request it was done for.
[[nodiscard]] std::shared_ptr<core::SessionPool> context_sessions(const ApiEnvironment& environment,
                                                                  const char* database_role);

}  // namespace orderflow::http_api
