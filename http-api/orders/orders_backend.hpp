#pragma once

#include "core/pg/session_pool.hpp"
#include "http-api/live/order_feed.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/orders/backlog_monitor.hpp"
#include "http-api/orders/history_reader.hpp"
#include "http-api/orders/order_reader.hpp"
#include "http-api/orders/order_writer.hpp"
#include "http-api/orders/owner_notifier.hpp"
#include "http-api/orders/references.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// What the handlers of the orders context work with. Outlives them.
struct OrdersBackend {
  explicit OrdersBackend(const ApiEnvironment& environment);

  void request_stop();
  // Once it has returned nothing resumes a handler any more.
  void stop();

  core::SessionPool sessions;  // of requests to owners, and of keys
  core::SessionPool lists;     // apart: who asks for many lists holds up no request
  DatabaseKeyStore keys;
  OrderReferences references;
  OwnerNotifier notifier;
  OrderWriter writer;
  OrderReader reader;      // of orders
  OrderReader job_reader;  // of jobs: who locks requests does not hold up orders
  HistoryReader histories;
  OrderFeed feed;
  BacklogMonitor backlog;
};

}  // namespace orderflow::http_api
