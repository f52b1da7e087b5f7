#include "core/settings/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace orderflow::core {
namespace {

// Names are short; who is given a longer one has no name to find.
constexpr std::size_t kLettersMax = 100;

// Letters inserted, left out or changed (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view misspelt,
                                        std::span<const std::string> names) {
  if (misspelt.size() > kLettersMax) return std::nullopt;
  std::size_t nearest = std::max<std::size_t>(2, misspelt.size() / 3) + 1;
  std::optional<std::string> found;
  for (const auto& name : names) {
    const auto letters = distance(misspelt, name);
    if (letters >= nearest) continue;
    nearest = letters;
    found = name;
  }
  return found;
}

bool is_slip_of(std::string_view misspelt, std::span<const std::string> names) {
  constexpr std::size_t kSlipMax = 2;
  // Short names are near to many.
  constexpr std::size_t kLettersMin = 8;
  if (misspelt.size() < kLettersMin || misspelt.size() > kLettersMax) return false;
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& name) { return distance(misspelt, name) <= kSlipMax; });
}

std::string did_you_mean(std::string_view misspelt, std::span<const std::string> names) {
  const auto name = nearest_name(misspelt, names);
  return name ? " (did you mean " + *name + "?)" : "";
}

}  // namespace orderflow::core
