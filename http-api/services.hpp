#pragma once

#include <string>

#include "core/async/blocking.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/pool.hpp"
#include "core/settings/config.hpp"
#include "http-api/admin/letter_replayer.hpp"
#include "http-api/live/live_feed.hpp"
#include "http-api/middleware/idempotency_cleaner.hpp"
#include "http-api/orders/backpressure.hpp"
#include "http-api/orders/inbox_publisher.hpp"
#include "http-api/orders/lookups.hpp"
#include "http-api/orders/reader.hpp"
#include "http-api/orders/writer.hpp"

namespace orderflow::http_api {

// One pool of connections for each bounded context, each with that context's role only.
struct ContextPools {
  explicit ContextPools(const core::Config& config);

  core::DatabasePool orders;
  core::DatabasePool payments;
  core::DatabasePool delivery;
  core::DatabasePool identity;
  core::DatabasePool catalogue;
  // The login user, for the one transaction that spans contexts: a user and their account.
  core::DatabasePool login;
};

// Everything the front ends work with. Made before the server and destroyed after it.
struct Services {
  Services(const core::Config& config, core::Logger& logger, core::Metrics& metrics);

  // Asks all threads to end, so that their last waits for a slow database overlap. The writer and
  // the publisher finish what they have and are stopped by name.
  void request_stop();

  core::Logger& logger;
  std::string operator_key;
  ContextPools pools;
  Lookups lookups;
  InboxPublisher publisher;
  LetterReplayer replayer;
  OrderWriter writer;
  OrderReader reader;
  LiveFeed feed;
  Backpressure backpressure;
  IdempotencyCleaner cleaner;
  BlockingPool blocking;  // Last: its jobs use all of the above.
};

}  // namespace orderflow::http_api
