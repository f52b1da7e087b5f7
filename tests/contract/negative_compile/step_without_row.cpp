// error: a_step_has_no_row
#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

struct Row {
  std::string_view step;
};

constexpr auto kRows = one_row_a_step(kOrderSaga, std::array{Row{"payment"}});

}  // namespace orderflow::saga
