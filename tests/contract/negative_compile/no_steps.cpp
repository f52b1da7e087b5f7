// error: a_saga_needs_a_step
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

constexpr Definition kSaga = define("order", {});

}  // namespace orderflow::saga
