#include "core/settings/setting.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>

namespace orderflow::core {
namespace {

struct Unit {
  std::string_view suffix;
  double us;
};

// The longest first of those that end alike; a plain number is seconds.
constexpr std::array kUnits{Unit{"ms", 1e3}, Unit{"s", 1e6}, Unit{"m", 60e6}, Unit{"h", 3600e6}};

std::optional<double> read_finite(std::string_view text) {
  const auto number = parse_number<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<Duration> read_duration(std::string_view text) {
  double unit_us = 1e6;
  for (const auto& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    text.remove_suffix(unit.suffix.size());
    unit_us = unit.us;
    break;
  }
  const auto number = read_finite(text);
  if (!number || *number < 0 || *number > 1e9) return std::nullopt;
  return Duration{static_cast<std::int64_t>(*number * unit_us)};
}

std::string duration_text(Duration duration) {
  const auto us = static_cast<double>(duration.count());
  Unit largest = kUnits.front();  // Of those that leave nothing over.
  for (const Unit& unit : kUnits) {
    if (us >= unit.us && std::fmod(us, unit.us) == 0) largest = unit;
  }
  return std::to_string(static_cast<std::int64_t>(us / largest.us)) + std::string(largest.suffix);
}

std::string plain_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

std::string flag_of(std::string_view name) {
  constexpr std::string_view ours = "ORDERFLOW_";
  if (name.starts_with(ours)) name.remove_prefix(ours.size());
  std::string flag;
  std::transform(name.begin(), name.end(), std::back_inserter(flag), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return flag;
}

std::string AnySetting::show(const std::any& value, const std::string& text) const {
  if (shown_) return show_(value, text);
  return text.empty() ? "" : "***";
}

std::string settings_detail::range_words(std::string_view what, const std::string& minimum,
                                         const std::string& maximum) {
  return std::string(what) + " from " + minimum + " to " + maximum;
}

tl::expected<double, std::string> SettingType<double>::read(std::string_view text,
                                                            const Limits& limits) {
  const auto value = read_finite(text);
  if (value && *value >= limits.minimum && *value <= limits.maximum) return *value;
  return tl::unexpected(settings_detail::range_words("a number", plain_text(limits.minimum),
                                                     plain_text(limits.maximum)));
}

tl::expected<Duration, std::string> SettingType<Duration>::read(std::string_view text,
                                                                const Limits& limits) {
  const auto value = read_duration(text);
  if (value && *value >= limits.minimum && *value <= limits.maximum) return *value;
  return tl::unexpected(settings_detail::range_words("a duration (such as 250ms, 3s or 2m)",
                                                     duration_text(limits.minimum),
                                                     duration_text(limits.maximum)));
}

}  // namespace orderflow::core
