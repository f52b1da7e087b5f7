// error: a_step_has_no_participant
#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

struct Row {
  const events::Role& participant;
};

constexpr Definition kSaga =
    define("order", {
                        step("stock", StepKind::kReadOnly).command("nobody.knows.v1"),
                        pivot("scheduled"),
                    });

constexpr auto kRows = one_row_a_participant(kSaga, std::array{Row{events::kPayments}});

}  // namespace orderflow::saga
