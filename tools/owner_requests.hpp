#pragma once

#include "core/pg/session.hpp"
#include "http-api/orders/order_requests.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::tools {

// What operators ask of an order's owner, on the command line.

// Prints why nothing is asked of this order. Returns 1.
int say_refused(const core::Uuid& order_id, const http_api::Problem& problem);

// Stores the request, waits ten seconds at most for the owner's decision, and prints it. Returns 0,
// or 1 when it was refused. `orders` is a session of the orders context.
int ask_owner(core::PgSession& orders, const http_api::OrderRequest& request);

}  // namespace orderflow::tools
