// compiles
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define(
    "order",
    {
        step("payment", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
        step("address", StepKind::kReadOnly).command("check.v1"),
        step("delivery", StepKind::kCompensatable).command("schedule.v1").undo("cancel.v1"),
        pivot("scheduled"),
        step("notify", StepKind::kRetriable).command("notify.v1"),
    });

}  // namespace orderflow::saga
