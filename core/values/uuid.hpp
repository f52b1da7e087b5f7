#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/values/time.hpp"

namespace orderflow::core {

// A UUID (RFC 9562) as its 16 bytes in network order. A value: copy freely, any thread.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  // The 36-character form, without an allocation.
  struct Text {
    std::array<char, 36> chars;
    [[nodiscard]] std::string_view view() const { return {chars.data(), chars.size()}; }
  };

  [[nodiscard]] bool is_nil() const { return *this == Uuid{}; }
  [[nodiscard]] Text text() const;
  [[nodiscard]] std::string to_string() const { return std::string(text().view()); }

  // Accepts the 36-character form only, either case.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
};

// Time-ordered, from the system clock and a per-thread generator. Two ids of one thread ascend.
[[nodiscard]] Uuid new_uuid_v7();

// Deterministic: the same base and name always give the same id, another name another one. It
// begins with the base's time, so that rows of derived ids lie beside each other in an index as
// those of their bases do (version 8, RFC 9562). Told apart by 122 mixed bits, not hidden: anybody
// can derive.
[[nodiscard]] Uuid derived_uuid(const Uuid& base, std::string_view name);

// The greatest one, which nothing has (RFC 9562).
inline constexpr Uuid kLastUuid = [] {
  Uuid id;
  id.bytes.fill(0xff);
  return id;
}();

// When an id of version 7 was made, or the base of a derived one: whole milliseconds.
[[nodiscard]] Time time_of(const Uuid& id);
// Before every id of this time or a later one, behind every id of an earlier one.
[[nodiscard]] Uuid first_uuid_of(Time time);

}  // namespace orderflow::core

template <>
struct std::hash<orderflow::core::Uuid> {
  std::size_t operator()(const orderflow::core::Uuid& id) const noexcept;
};
