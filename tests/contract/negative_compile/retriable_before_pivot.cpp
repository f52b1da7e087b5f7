// error: a_retriable_step_must_come_after_the_pivot
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        step("notify", StepKind::kRetriable).command("notify.v1"),
                        pivot("scheduled"),
                    });

}  // namespace orderflow::saga
