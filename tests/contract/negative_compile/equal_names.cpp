// error: step_names_must_differ
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define(
    "order",
    {
        step("payment", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
        step("payment", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
        pivot("scheduled"),
    });

}  // namespace orderflow::saga
