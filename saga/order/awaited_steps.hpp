#pragma once

#include <array>
#include <cstddef>

#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

// What an order's saga can wait at, by index and in order: each step that a participant does, then
// a refund. The pivot is none of them.
inline constexpr auto kAwaitedSteps = [] {
  std::array<int, kOrderSaga.size> steps{};
  std::size_t count = 0;
  for (int step = 0; step <= refund_step(kOrderSaga); ++step) {
    if (step != static_cast<int>(kOrderSaga.pivot)) steps[count++] = step;
  }
  return steps;
}();

}  // namespace orderflow::saga
