#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orderflow::core {

// The name most likely meant by a misspelt one: the one that takes the fewest changed letters.
// Nothing when all are too different.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view misspelt,
                                                      std::span<const std::string> names);

// Whether so little differs from one of the names that no other can be meant.
[[nodiscard]] bool is_slip_of(std::string_view misspelt, std::span<const std::string> names);

// " (did you mean NAME?)", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view misspelt,
                                       std::span<const std::string> names);

}  // namespace orderflow::core
