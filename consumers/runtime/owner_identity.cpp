#include "consumers/runtime/owner_identity.hpp"

#include <unistd.h>

#include <chrono>

namespace orderflow::consumers {

std::string owner_name(const std::string& role) {
  char host[256] = "localhost";
  (void)gethostname(host, sizeof host - 1);
  return role + "@" + host + ":" + std::to_string(getpid());
}

core::PgSessionOptions owner_session_options(const std::string& role,
                                             const std::string& database_role) {
  core::PgSessionOptions session;
  session.application_name = "orderflow/" + role;
  session.role = database_role;
  session.lock_timeout = std::chrono::seconds{1};
  session.index_only_plans = true;
  return session;
}

}  // namespace orderflow::consumers
