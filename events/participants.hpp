#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include "events/messages.hpp"
#include "events/roles.hpp"

namespace orderflow::events {

// A role that carries out steps of sagas. Its commands are the alternatives of one variant. A
// constant.
struct Participant {
  const Role& role;
  bool (*takes)(std::string_view command_type);
};

namespace detail {
template <typename Commands, std::size_t... Index>
constexpr bool is_type_of(std::string_view type, std::index_sequence<Index...>) {
  return ((type == std::variant_alternative_t<Index, Commands>::kType) || ...);
}
template <typename Commands>
constexpr bool takes(std::string_view type) {
  return is_type_of<Commands>(type, std::make_index_sequence<std::variant_size_v<Commands>>{});
}
}  // namespace detail

inline constexpr std::array kParticipants{
    Participant{kPayments, detail::takes<PaymentCommand>},
    Participant{kDelivery, detail::takes<DeliveryCommand>},
};

// Whom commands of that type are for; nullptr when they are nobody's.
[[nodiscard]] constexpr const Role* participant_of(std::string_view command_type) {
  for (const auto& participant : kParticipants) {
    if (participant.takes(command_type)) return &participant.role;
  }
  return nullptr;
}

}  // namespace orderflow::events
