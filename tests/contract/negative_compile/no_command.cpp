// error: a_step_needs_a_command
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        step("payment", StepKind::kCompensatable).undo("undo_capture.v1"),
                        pivot("scheduled"),
                    });

}  // namespace orderflow::saga
