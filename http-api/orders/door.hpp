#pragma once

#include <optional>
#include <string_view>

#include "http-api/server/problem.hpp"
#include "saga/order/state.hpp"

namespace orderflow::http_api {

// What the door refuses at once, from the order's present status. A short cut only: the order's
// owner decides, with the state it has when it gets to the request. Pure.

// Whether API.md lists this transition.
[[nodiscard]] bool is_legal_transition(saga::OrderStatus from, saga::OrderStatus to);

// `kind` as in orders.requests; `target` for set_status only.
[[nodiscard]] std::optional<Problem> refused_at_door(std::string_view kind,
                                                     saga::OrderStatus status,
                                                     std::optional<saga::OrderStatus> target = {});

}  // namespace orderflow::http_api
