// error: a_compensatable_step_needs_an_undo
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        step("payment", StepKind::kCompensatable).command("capture.v1"),
                        pivot("scheduled"),
                    });

}  // namespace orderflow::saga
