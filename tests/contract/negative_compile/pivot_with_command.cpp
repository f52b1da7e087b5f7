// error: a_pivot_has_no_command
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define(
    "order",
    {
        step("payment", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
        pivot("scheduled").command("schedule.v1"),
    });

}  // namespace orderflow::saga
