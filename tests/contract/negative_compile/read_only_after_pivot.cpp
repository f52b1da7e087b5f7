// error: a_read_only_step_must_come_before_the_pivot
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        pivot("scheduled"),
                        step("address", StepKind::kReadOnly).command("check.v1"),
                    });

}  // namespace orderflow::saga
