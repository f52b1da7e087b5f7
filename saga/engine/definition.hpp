#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace orderflow::saga {

// How a step behaves when the saga fails (Garcia-Molina & Salem 1987; the kinds after Richardson,
// "Microservices Patterns").
enum class StepKind {
  kCompensatable,  // Before the pivot: can be undone.
  kReadOnly,       // Before the pivot: changes nothing, so there is nothing to undo.
  kPivot,          // The point of no return: a commit of the saga's own, no participant.
  kRetriable,      // After the pivot: cannot fail for good, is repeated until it succeeds.
};

// One step as written in a definition. Built by step() and pivot() below.
struct Step {
  std::string_view name;
  StepKind kind = StepKind::kCompensatable;
  std::string_view command_type;  // The message that does it ...
  std::string_view undo_type;     // ... and the one that undoes it.
  std::string_view done_status;   // The order's status once it is done; empty: unchanged.
  std::string_view done_event;
  std::string_view undone_event;
  std::string_view refused_status;  // How the saga ends when this is refused and nothing was done.
  std::string_view refused_event;

  [[nodiscard]] consteval Step command(std::string_view type) const {
    Step copy = *this;
    copy.command_type = type;
    return copy;
  }
  [[nodiscard]] consteval Step undo(std::string_view type) const {
    Step copy = *this;
    copy.undo_type = type;
    return copy;
  }
  [[nodiscard]] consteval Step done(std::string_view status, std::string_view event) const {
    Step copy = *this;
    copy.done_status = status;
    copy.done_event = event;
    return copy;
  }
  [[nodiscard]] consteval Step undone(std::string_view event) const {
    Step copy = *this;
    copy.undone_event = event;
    return copy;
  }
  [[nodiscard]] consteval Step refused(std::string_view status, std::string_view event) const {
    Step copy = *this;
    copy.refused_status = status;
    copy.refused_event = event;
    return copy;
  }
};

[[nodiscard]] consteval Step step(std::string_view name, StepKind kind) {
  return {.name = name, .kind = kind};
}
[[nodiscard]] consteval Step pivot(std::string_view name) {
  return {.name = name, .kind = StepKind::kPivot};
}

inline constexpr std::size_t kMaxSteps = 16;

// A saga's shape. Immutable, known at compile time, without behaviour of its own: decide() walks
// it.
struct Definition {
  std::string_view name;
  std::array<Step, kMaxSteps> steps{};
  std::size_t size = 0;
  std::size_t pivot = 0;  // Index of the pivot.

  [[nodiscard]] constexpr int index_of(std::string_view step_name) const {
    for (std::size_t i = 0; i < size; ++i) {
      if (steps[i].name == step_name) return static_cast<int>(i);
    }
    return -1;
  }
};

namespace detail {
// Calling a function that is not constexpr ends constant evaluation; the compiler's message names
// it, so each rule reads as a sentence.
inline void a_saga_needs_a_step() {}
inline void a_saga_has_too_many_steps() {}
inline void a_saga_needs_a_pivot() {}
inline void a_saga_has_one_pivot_only() {}
inline void a_step_needs_a_name() {}
inline void step_names_must_differ() {}
inline void a_step_needs_a_command() {}
inline void a_compensatable_step_needs_an_undo() {}
inline void a_compensatable_step_must_come_before_the_pivot() {}
inline void a_read_only_step_must_come_before_the_pivot() {}
inline void a_read_only_step_has_no_undo() {}
inline void a_retriable_step_must_come_after_the_pivot() {}
inline void a_pivot_has_no_command() {}
inline void a_step_has_no_row() {}
inline void a_row_has_no_step() {}
inline void a_step_has_no_participant() {}
inline void a_participant_has_no_row() {}
}  // namespace detail

// Checks a definition while compiling: an ill-formed saga does not build.
[[nodiscard]] consteval Definition define(std::string_view name,
                                          std::initializer_list<Step> steps) {
  if (steps.size() == 0) detail::a_saga_needs_a_step();
  if (steps.size() > kMaxSteps) detail::a_saga_has_too_many_steps();
  Definition definition{name, {}, 0, 0};
  bool pivot_seen = false;
  for (const Step& step : steps) {
    if (step.name.empty()) detail::a_step_needs_a_name();
    if (definition.index_of(step.name) >= 0) detail::step_names_must_differ();
    switch (step.kind) {
      case StepKind::kPivot:
        if (pivot_seen) detail::a_saga_has_one_pivot_only();
        if (!step.command_type.empty()) detail::a_pivot_has_no_command();
        pivot_seen = true;
        definition.pivot = definition.size;
        break;
      case StepKind::kCompensatable:
        if (pivot_seen) detail::a_compensatable_step_must_come_before_the_pivot();
        if (step.command_type.empty()) detail::a_step_needs_a_command();
        if (step.undo_type.empty()) detail::a_compensatable_step_needs_an_undo();
        break;
      case StepKind::kReadOnly:
        if (pivot_seen) detail::a_read_only_step_must_come_before_the_pivot();
        if (step.command_type.empty()) detail::a_step_needs_a_command();
        if (!step.undo_type.empty()) detail::a_read_only_step_has_no_undo();
        break;
      case StepKind::kRetriable:
        if (!pivot_seen) detail::a_retriable_step_must_come_after_the_pivot();
        if (step.command_type.empty()) detail::a_step_needs_a_command();
        break;
    }
    definition.steps[definition.size++] = step;
  }
  if (!pivot_seen) detail::a_saga_needs_a_pivot();
  return definition;
}

}  // namespace orderflow::saga
