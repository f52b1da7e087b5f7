#include "saga/order/requests.hpp"

#include <cstddef>
#include <utility>

#include "core/values/names.hpp"

namespace orderflow::saga {
namespace {

constexpr core::Names<CommandOutcome, 3> kOutcomeNames{{
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

std::string_view to_text(CommandOutcome outcome) { return core::name_of(kOutcomeNames, outcome); }

std::optional<CommandOutcome> parse_command_outcome(std::string_view text) {
  return core::value_named(kOutcomeNames, text);
}

std::string_view name_of(const RequestKind& kind) {
  return std::visit([](const auto& one) { return one.kName; }, kind);
}

std::optional<RequestKind> request_kind_named(std::string_view name) {
  return kind_named(name, std::make_index_sequence<std::variant_size_v<RequestKind>>{});
}

}  // namespace orderflow::saga
