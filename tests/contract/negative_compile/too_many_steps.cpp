// error: a_saga_has_too_many_steps
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga =
    define("order", {
                        step("s1", StepKind::kCompensatable).command("c").undo("u"),
                        step("s2", StepKind::kCompensatable).command("c").undo("u"),
                        step("s3", StepKind::kCompensatable).command("c").undo("u"),
                        step("s4", StepKind::kCompensatable).command("c").undo("u"),
                        step("s5", StepKind::kCompensatable).command("c").undo("u"),
                        step("s6", StepKind::kCompensatable).command("c").undo("u"),
                        step("s7", StepKind::kCompensatable).command("c").undo("u"),
                        step("s8", StepKind::kCompensatable).command("c").undo("u"),
                        step("s9", StepKind::kCompensatable).command("c").undo("u"),
                        step("s10", StepKind::kCompensatable).command("c").undo("u"),
                        step("s11", StepKind::kCompensatable).command("c").undo("u"),
                        step("s12", StepKind::kCompensatable).command("c").undo("u"),
                        step("s13", StepKind::kCompensatable).command("c").undo("u"),
                        step("s14", StepKind::kCompensatable).command("c").undo("u"),
                        step("s15", StepKind::kCompensatable).command("c").undo("u"),
                        step("s16", StepKind::kCompensatable).command("c").undo("u"),
                        pivot("scheduled"),
                    });

}  // namespace orderflow::saga
