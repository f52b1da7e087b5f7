// error: a_row_has_no_step
#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

struct Row {
  std::string_view step;
};

constexpr auto kRows =
    one_row_a_step(kOrderSaga, std::array{Row{"payment"}, Row{"delivery"}, Row{"stock"}});

}  // namespace orderflow::saga
