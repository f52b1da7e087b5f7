#include "saga/order/requests.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace orderflow::saga {
namespace {

constexpr std::array<std::pair<CommandOutcome, std::string_view>, 3> kOutcomeNames{{
    {CommandOutcome::kDone, "done"},
    {CommandOutcome::kUndone, "undone"},
    {CommandOutcome::kVoided, "voided"},
}};

template <std::size_t... Index>
std::optional<RequestKind> kind_named(std::string_view name, std::index_sequence<Index...>) {
  std::optional<RequestKind> found;
  const auto try_one = [&]<typename Kind>() {
    if (name == Kind::kName) found = Kind{};
  };
  (try_one.template operator()<std::variant_alternative_t<Index, RequestKind>>(), ...);
  return found;
}

}  // namespace

std::string_view to_text(CommandOutcome outcome) {
  for (const auto& [known, text] : kOutcomeNames) {
    if (known == outcome) return text;
  }
  return {};
}

std::optional<CommandOutcome> parse_command_outcome(std::string_view text) {
  for (const auto& [outcome, known] : kOutcomeNames) {
    if (known == text) return outcome;
  }
  return std::nullopt;
}

std::string_view name_of(const RequestKind& kind) {
  return std::visit([](const auto& one) { return one.kName; }, kind);
}

std::optional<RequestKind> request_kind_named(std::string_view name) {
  return kind_named(name, std::make_index_sequence<std::variant_size_v<RequestKind>>{});
}

}  // namespace orderflow::saga
