#pragma once

#include <optional>
#include <pqxx/transaction_base.hxx>
#include <string>

#include "core/values/uuid.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/services.hpp"
#include "saga/order/requests.hpp"

namespace orderflow::http_api {

// Something asked of an existing order.
struct OrderRequest {
  core::Uuid order_id;
  saga::Request request;  // without its id, which it gets when it is stored
  std::string if_match;   // the If-Match header, checked against the order's ETag
  std::optional<IdempotencyKey> key;
  Problem unknown_order;         // the answer when there is no such order
  bool audited = false;          // An operator's: it leaves a row in ops.audit_log.
  bool judged_by_owner = false;  // Only by the owner: the door refuses nothing.
};

// What a submission came to, and whether the owner has something new to look at.
struct Submitted {
  Checked<Response> response;
  bool created = false;
  core::Uuid id;
};

// Makes the request durable. Blocks; the owner finds it within a second even if no message tells of
// it.
[[nodiscard]] Submitted store_request(core::DatabasePool& orders, const OrderRequest& request);

// Takes requests for an order's owner: a durable row before the answer, then a message. The answer
// is 202 with `Location: /jobs/{id}`; 409 where the present status already forbids it. A second
// cancel is answered with the first one's job.
[[nodiscard]] asio::awaitable<Checked<Response>> submit_request(Services& services,
                                                                OrderRequest request);

// The job as GET /jobs/{id} shows it, from the columns of job_columns(); row 0.
[[nodiscard]] std::string job_columns();
[[nodiscard]] std::string job_json(const pqxx::row& row);

}  // namespace orderflow::http_api
