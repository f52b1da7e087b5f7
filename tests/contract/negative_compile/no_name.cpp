// error: a_step_needs_a_name
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define(
    "order", {
                 step("", StepKind::kCompensatable).command("capture.v1").undo("undo_capture.v1"),
                 pivot("scheduled"),
             });

}  // namespace orderflow::saga
