#pragma once

#include <optional>

#include "http-api/server/problem.hpp"
#include "saga/order/requests.hpp"

namespace orderflow::http_api {

// What an order's present status forbids at once (409). A short cut only: the order's owner
// decides, with the state it has when it gets to the request. Pure.

// Whether operators may make this transition.
[[nodiscard]] bool is_legal_transition(saga::OrderStatus from, saga::OrderStatus to);

[[nodiscard]] std::optional<Problem> refused_by_status(const saga::RequestKind& kind,
                                                       saga::OrderStatus status);

}  // namespace orderflow::http_api
