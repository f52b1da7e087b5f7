#pragma once

#include <optional>
#include <string>

#include "core/pg/session_pool.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/uuid.hpp"
#include "http-api/orders/owner_notifier.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"
#include "saga/order/requests.hpp"

namespace orderflow::http_api {

// Something asked of an existing order.
struct OrderRequest {
  core::ShardKey order_id;
  saga::Request request;        // without its id, which it gets when it is stored
  Preconditions preconditions;  // of the order's ETag
  std::optional<IdempotencyKey> key;
  Problem unknown_order = not_found("order");  // the answer when there is no such order
  bool by_operator = false;                    // Recorded in the trail.
  bool judged_by_owner = false;                // The order's present status refuses nothing.
};

// What a request came to, and whether the owner has something new to look at.
struct StoredRequest {
  Checked<Response> response;
  std::optional<core::Uuid> created_job;
};

// Makes the request durable. Blocks; the owner finds it within a second even if nobody notifies it.
[[nodiscard]] StoredRequest store_request(core::PgSession& session, const OrderRequest& request);

// Takes requests for an order's owner: a durable row before the answer, then a notification. The
// answer is 202 with `Location: /jobs/{id}`; 409 where the present status already forbids it. A
// second cancel is answered with the first one's job. Any thread.
class OrderRequests {
 public:
  OrderRequests(core::SessionPool& sessions, OwnerNotifier& notifier)
      : sessions_(sessions), notifier_(notifier) {}

  [[nodiscard]] asio::awaitable<Checked<Response>> submit(OrderRequest request);

 private:
  core::SessionPool& sessions_;
  OwnerNotifier& notifier_;
};

}  // namespace orderflow::http_api
