#pragma once

#include <vector>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

class KeyStore;  // http-api/middleware/key_store.hpp

// What every context of the API is made from. Outlives them.
struct ApiEnvironment {
  const core::Settings& settings;
  core::Logger& logger;
  core::Metrics& metrics;
  const core::Health& health;
};

// A bounded context as the API has it: the routes it answers, and what it runs beside them (its own
// database sessions and threads). Made before the server and destroyed after it.
class ApiContext {
 public:
  virtual ~ApiContext() = default;

  // The rows it adds to the routing table; called once.
  [[nodiscard]] virtual std::vector<Route> routes() = 0;

  // What keeps the idempotency keys of what happens in this context; null when nothing does.
  [[nodiscard]] virtual KeyStore* keys() { return nullptr; }

  // The server is about to stop: requests that wait on purpose answer now, streams end.
  virtual void end_waits() {}

  // Asks its threads to end and returns at once, so that the last waits of all contexts for a slow
  // database overlap.
  virtual void request_stop() {}

  // Returns once they have ended, while server and routes still exist: until then they may use what
  // a handler has handed to them, or resume it.
  virtual void stop() {}
};

}  // namespace orderflow::http_api
