#pragma once

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/pg/session.hpp"
#include "core/values/time.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// Removes what is kept for a time only: idempotency keys of the day before yesterday, a whole
// partition at once, and dead letters that were resolved long ago, batch after batch until none is
// left. So it keeps up with whatever rate they came at. Open dead letters stay. Several processes
// may do so at once. One thread, from construction to destruction.
class Housekeeper {
 public:
  // `key_contexts`: those that keep keys.
  Housekeeper(const ApiEnvironment& environment, std::vector<std::string> key_contexts);
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  void request_stop() { thread_.request_stop(); }

 private:
  core::Duration clean(const std::stop_token& stop);
  bool forget_keys();
  void forget_letters(const std::stop_token& stop);

  std::vector<std::string> key_contexts_;
  core::Duration letters_kept_;
  core::PgSession session_;  // the thread's
  std::jthread thread_;
};

}  // namespace orderflow::http_api
