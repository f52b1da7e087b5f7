#include "saga/engine/step_states.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/values/names.hpp"

namespace orderflow::saga {
namespace {

constexpr core::Names<StepState, 6> kStateNames{{
    {StepState::kNotStarted, "not_started"},
    {StepState::kSent, "sent"},
    {StepState::kDone, "done"},
    {StepState::kRefused, "refused"},
    {StepState::kUndoing, "undoing"},
    {StepState::kUndone, "undone"},
}};

// Long enough for most sagas, so that a row's text is allocated once.
constexpr std::size_t kUsualText = 48;

}  // namespace

std::string_view to_text(StepState state) { return core::name_of(kStateNames, state); }

std::size_t StepStates::checked(int step) const {
  const auto index = static_cast<std::size_t>(step);
  if (index >= size_) std::abort();
  return index;
}

bool StepStates::any(StepState state) const {
  const auto* end = states_.begin() + size_;
  return std::find(states_.begin(), end, state) != end;
}

std::optional<int> StepStates::last_to_undo(const Definition& definition) const {
  for (int step = size() - 1; step >= 0; --step) {
    if (definition.steps[static_cast<std::size_t>(step)].kind != StepKind::kCompensatable) continue;
    const StepState state = (*this)[step];
    if (state == StepState::kSent || state == StepState::kDone) return step;
  }
  return std::nullopt;
}

std::string text_of(const Definition& definition, const StepStates& states) {
  std::string text;
  text.reserve(kUsualText);
  for (int step = 0; step < states.size(); ++step) {
    const Step& one = definition.steps[static_cast<std::size_t>(step)];
    if (one.kind == StepKind::kPivot) continue;
    if (!text.empty()) text += ',';
    text.append(one.name).append(1, ':').append(to_text(states[step]));
  }
  return text;
}

std::optional<StepStates> parse_step_states(const Definition& definition, std::string_view text) {
  StepStates states(definition);
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const auto colon = entry.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const int step = definition.index_of(entry.substr(0, colon));
    const auto state = core::value_named(kStateNames, entry.substr(colon + 1));
    if (step < 0 || !state) return std::nullopt;
    states.set(step, *state);
  }
  return states;
}

}  // namespace orderflow::saga
