#pragma once

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/pg/session.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// Forgets idempotency keys of the day before yesterday, a whole partition at once, so that it keeps
// up with whatever rate they came at. Several processes may do so at once. One thread, from
// construction to destruction.
class IdempotencyCleaner {
 public:
  // `contexts`: those that keep keys.
  IdempotencyCleaner(const ApiEnvironment& environment, std::vector<std::string> contexts);
  ~IdempotencyCleaner();
  IdempotencyCleaner(const IdempotencyCleaner&) = delete;
  IdempotencyCleaner& operator=(const IdempotencyCleaner&) = delete;

  void request_stop() { thread_.request_stop(); }

 private:
  void clean();

  std::vector<std::string> contexts_;
  core::PgSession session_;  // the thread's
  std::jthread thread_;
};

}  // namespace orderflow::http_api
