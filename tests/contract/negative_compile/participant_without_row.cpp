// error: a_participant_has_no_row
#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

struct Row {
  const events::Role& participant;
};

constexpr auto kRows = one_row_a_participant(kOrderSaga, std::array{Row{events::kPayments}});

}  // namespace orderflow::saga
