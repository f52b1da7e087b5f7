#pragma once

#include <optional>

#include "http-api/server/problem.hpp"
#include "saga/order/requests.hpp"

namespace orderflow::http_api {

// What the door refuses at once, from the order's present status. A short cut only: the order's
// owner decides, with the state it has when it gets to the request. Pure.

// Whether API.md lists this transition.
[[nodiscard]] bool is_legal_transition(saga::OrderStatus from, saga::OrderStatus to);

[[nodiscard]] std::optional<Problem> refused_at_door(const saga::RequestKind& kind,
                                                     saga::OrderStatus status);

}  // namespace orderflow::http_api
