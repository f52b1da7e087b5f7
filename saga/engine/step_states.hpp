#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "saga/engine/definition.hpp"

namespace orderflow::saga {

// How far a step has come. The texts are those of rows and of the HTTP API.
enum class StepState : std::uint8_t {
  kNotStarted,
  kSent,  // Its command may have been sent, so it must be undone.
  kDone,
  kRefused,
  kUndoing,
  kUndone,
};

[[nodiscard]] std::string_view to_text(StepState state);

// The states of a saga's steps, as many as its definition has. A value. An index beyond them is a
// defect and stops the process.
class StepStates {
 public:
  explicit StepStates(const Definition& definition) : size_(definition.size) {}

  [[nodiscard]] StepState operator[](int step) const { return states_[checked(step)]; }
  void set(int step, StepState state) { states_[checked(step)] = state; }
  void reset() { states_.fill(StepState::kNotStarted); }

  [[nodiscard]] int size() const { return static_cast<int>(size_); }
  [[nodiscard]] bool any(StepState state) const;
  // The last compensatable step that may have happened and was not undone; empty when there is
  // none.
  [[nodiscard]] std::optional<int> last_to_undo(const Definition& definition) const;

  bool operator==(const StepStates&) const = default;

 private:
  [[nodiscard]] std::size_t checked(int step) const;

  std::array<StepState, kMaxSteps> states_{};
  std::size_t size_;
};

// As a row keeps them: "payment:done,delivery:sent". By name, so that a step can be inserted into a
// definition while sagas are under way. The pivot, which no participant does, is left out.
[[nodiscard]] std::string text_of(const Definition& definition, const StepStates& states);

// A step that the text does not name has not started. Empty for a text that names a step or a state
// which is not known.
[[nodiscard]] std::optional<StepStates> parse_step_states(const Definition& definition,
                                                          std::string_view text);

}  // namespace orderflow::saga
