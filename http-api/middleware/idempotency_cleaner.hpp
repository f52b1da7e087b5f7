#pragma once

#include <stop_token>
#include <thread>

#include "core/observe/log.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::http_api {

// Removes idempotency keys older than 24 hours, in bounded batches, so that no transaction is long.
// Several processes may do so at once. One thread, from construction to destruction.
class IdempotencyCleaner {
 public:
  IdempotencyCleaner(const core::Settings& settings, core::Logger& logger);
  ~IdempotencyCleaner();
  IdempotencyCleaner(const IdempotencyCleaner&) = delete;
  IdempotencyCleaner& operator=(const IdempotencyCleaner&) = delete;

  void request_stop() { thread_.request_stop(); }

 private:
  void clean(const std::stop_token& stop);

  core::PgSession session_;  // the thread's
  std::jthread thread_;
};

}  // namespace orderflow::http_api
