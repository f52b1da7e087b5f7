#include "saga/order/command_messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include "saga/order/order_saga.hpp"

namespace orderflow::saga {
namespace {

using events::Phase;

std::string_view type_sent(const Definition& definition, int step, Phase phase) {
  OrderFacts facts;
  facts.definition = &definition;
  const auto message = message_of(facts, State{}, StepCommand{core::Uuid{{1}}, step, phase, 1});
  return std::visit(
      [](const auto& commands) {
        return std::visit([](const auto& one) { return std::string_view(one.kType); }, commands);
      },
      message.body);
}

TEST_CASE("what is sent for a step is what its definition says") {
  for (int step = 0; step < static_cast<int>(kOrderSaga.size); ++step) {
    const Step& definition = kOrderSaga.steps[static_cast<std::size_t>(step)];
    if (definition.kind == StepKind::kPivot) continue;
    INFO(definition.name);
    CHECK(type_sent(kOrderSaga, step, Phase::kDo) == definition.command_type);
    if (definition.kind != StepKind::kCompensatable) continue;
    CHECK(type_sent(kOrderSaga, step, Phase::kUndo) == definition.undo_type);
  }
}

}  // namespace
}  // namespace orderflow::saga
