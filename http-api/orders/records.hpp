#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/observe/trace.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// Rows of the orders context as the front end handles them.

// What was ordered; never changes. `items` and `delivery_address` are JSON.
struct OrderRecord {
  core::Uuid id;
  core::Uuid user_id;
  std::string items;
  std::int64_t total = 0;
  std::string currency;
  std::string delivery_address;
  std::optional<std::string> special_instructions;
  bool draft = false;
  core::Time created_at;
};

// An order on its way into the database.
struct NewOrder {
  OrderRecord record;  // created_at is the database's to say
  core::Trace trace;
  std::optional<IdempotencyKey> key;
};

// How the order is getting on.
struct SagaRecord {
  core::Uuid order_id;
  std::int64_t version = 0;
  std::string status;
  std::string phase;
  bool attention = false;
  std::int32_t step = 0;
  std::int32_t attempt = 0;
  std::optional<core::Time> wake_at;
  std::string waiting_for;
  std::optional<std::string> reason;
  std::optional<std::string> failure_code;
  std::optional<std::string> failure_detail;
  std::optional<core::Uuid> payment_id;
  std::optional<core::Uuid> delivery_id;
  core::Time updated_at;
};

struct OrderWithSaga {
  OrderRecord order;
  SagaRecord saga;
};

struct EventRecord {
  std::int64_t sequence = 0;
  std::string type;
  std::string status;
  core::Time time;
  std::string actor;
  std::string correlation_id;
  std::string data;  // JSON
};

[[nodiscard]] bool is_terminal_status(std::string_view status);
// CANCELLED and DELIVERED: nothing follows them.
[[nodiscard]] bool is_final_status(std::string_view status);

// The order as it was at the moment it was placed: the answer of POST /orders and of its replays.
[[nodiscard]] std::string placed_order_json(const OrderRecord& order);
[[nodiscard]] std::string order_json(const OrderWithSaga& order);
[[nodiscard]] std::string status_json(const SagaRecord& saga);
[[nodiscard]] std::string event_json(const EventRecord& event);

}  // namespace orderflow::http_api
