#pragma once

#include <optional>
#include <string>

#include "core/observe/trace.hpp"
#include "http-api/orders/order_rows.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// An order on its way into the database.
struct NewOrder {
  OrderRow row;  // created_at is set once it is durable
  core::Trace trace;
  std::optional<IdempotencyKey> key;
};

enum class PlaceResult {
  kPlaced,      // durable
  kReplayed,    // its key was used before with the same body; `order` is the first one
  kKeyReused,   // its key was used before with another body
  kRefused,     // the database refuses a value of this very order
  kUnavailable  // not known to be durable: try again
};

struct PlaceOutcome {
  PlaceResult result = PlaceResult::kUnavailable;
  OrderRow order;
  std::string detail;
};

}  // namespace orderflow::http_api
