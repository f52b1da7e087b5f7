// error: a_saga_has_one_pivot_only
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define(
    "order",
    {
        step("payment", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
        pivot("scheduled"),
        pivot("again"),
    });

}  // namespace orderflow::saga
