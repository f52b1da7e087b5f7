// error: a_read_only_step_has_no_undo
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        step("address", StepKind::kReadOnly).command("check.v1").undo("uncheck.v1"),
                        pivot("scheduled"),
                    });

}  // namespace orderflow::saga
