#pragma once

#include <any>
#include <chrono>
#include <concepts>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "core/values/number.hpp"
#include "core/values/time.hpp"

// The mechanism of settings. What can be set is declared by the module that uses it, in its
// settings.hpp; main assembles the tables (tools/all_settings.hpp), and Settings (settings.hpp)
// holds the values.
namespace orderflow::core {

// What a type of setting looks like as text. Whoever owns a type T specialises it with
//   Limits                      what a setting of this type may restrict further; may be empty
//   kMayBeShown                 whether what show() gives may appear in listings and errors
//   read(text, limits)          the value, or what it must be: "a whole number from 1 to 9"
//   show(value, text)           what may be shown of it; of text that is none, `value` is null
//   canonical(value)            if there is one: the text that everybody else understands
//   warnings(value)             if there is one: what of the text has no effect, a sentence each
//   empty_is_value(limits)      false: an empty environment variable counts as one that is not set
template <typename T>
struct SettingType;

// One setting. The command line's flag follows from the name (flag_of). Declared `inline
// constexpr`: it is known by its address, so a misspelt one does not compile.
template <typename T>
struct Setting {
  std::string_view name;           // In the environment and in the configuration file.
  std::string_view default_value;  // As a person would write it.
  typename SettingType<T>::Limits limits{};
  std::string_view help;
  // For a type of which some values are secrets: this setting's are not. What may be shown is
  // listed, never what may not.
  bool shown = SettingType<T>::kMayBeShown;
};

// Settings whose names are made by a rule, such as ORDERFLOW_KAFKA_<PROPERTY>. `key_of` gives the
// name's meaning, `problem` says why a pair cannot be (empty: it can).
struct SettingFamily {
  std::string_view prefix;
  std::string_view help;
  std::string (*key_of)(std::string_view name);
  std::string (*problem)(const std::string& key, const std::string& value);
  bool (*shown)(std::string_view key);
};

using FamilyValues = std::map<std::string, std::string>;

// ORDERFLOW_PROBE_INTERVAL -> probe-interval, DATABASE_URL -> database-url.
[[nodiscard]] std::string flag_of(std::string_view name);

// A setting without its type: what reading, listing and the README's table need of it. Refers to
// the Setting, which lives as long as the program.
class AnySetting {
 public:
  template <typename T>
  constexpr AnySetting(const Setting<T>& setting)  // NOLINT(google-explicit-constructor)
      : key_(&setting),
        name_(setting.name),
        default_value_(setting.default_value),
        help_(setting.help),
        shown_(setting.shown),
        empty_is_value_(SettingType<T>::empty_is_value(setting.limits)),
        read_([](const void* key, std::string_view text) -> tl::expected<std::any, std::string> {
          return SettingType<T>::read(text, static_cast<const Setting<T>*>(key)->limits)
              .map([](T&& value) { return std::any(std::move(value)); });
        }),
        canonical_([](const std::any& value, const std::string& text) {
          if constexpr (requires(const T& typed) { SettingType<T>::canonical(typed); }) {
            return SettingType<T>::canonical(std::any_cast<const T&>(value));
          } else {
            return text;
          }
        }),
        show_([](const std::any& value, const std::string& text) {
          return SettingType<T>::show(std::any_cast<T>(&value), text);
        }),
        warnings_([](const std::any& value) -> std::vector<std::string> {
          if constexpr (requires(const T& typed) { SettingType<T>::warnings(typed); }) {
            return SettingType<T>::warnings(std::any_cast<const T&>(value));
          } else {
            return {};
          }
        }) {}

  [[nodiscard]] constexpr const void* key() const { return key_; }
  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  [[nodiscard]] constexpr std::string_view default_value() const { return default_value_; }
  [[nodiscard]] constexpr std::string_view help() const { return help_; }
  [[nodiscard]] constexpr bool shown() const { return shown_; }
  [[nodiscard]] constexpr bool empty_is_value() const { return empty_is_value_; }

  [[nodiscard]] tl::expected<std::any, std::string> read(std::string_view text) const {
    return read_(key_, text);
  }
  [[nodiscard]] std::string canonical(const std::any& value, const std::string& text) const {
    return canonical_(value, text);
  }
  // Of a secret "***", unless it is empty. `value` is empty when the text could not be read.
  [[nodiscard]] std::string show(const std::any& value, const std::string& text) const;
  [[nodiscard]] std::vector<std::string> warnings(const std::any& value) const {
    return warnings_(value);
  }

 private:
  const void* key_;
  std::string_view name_;
  std::string_view default_value_;
  std::string_view help_;
  bool shown_;
  bool empty_is_value_;
  tl::expected<std::any, std::string> (*read_)(const void* key, std::string_view text);
  std::string (*canonical_)(const std::any& value, const std::string& text);
  std::string (*show_)(const std::any& value, const std::string& text);
  std::vector<std::string> (*warnings_)(const std::any& value);
};

// ---- the types every module may use -------------------------------------------------------------

// Bounds, both included.
template <typename T>
struct Range {
  T minimum = std::numeric_limits<T>::lowest();
  T maximum = std::numeric_limits<T>::max();
  bool power_of_two = false;
};

struct NoLimits {};

namespace settings_detail {

[[nodiscard]] std::string range_words(std::string_view what, const std::string& minimum,
                                      const std::string& maximum);

}  // namespace settings_detail

template <std::integral T>
struct SettingType<T> {
  using Limits = Range<T>;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<T, std::string> read(std::string_view text, const Limits& limits) {
    const auto value = parse_number<T>(text);
    const bool inside = value && *value >= limits.minimum && *value <= limits.maximum;
    if (inside && (!limits.power_of_two || (*value & (*value - 1)) == 0)) return *value;
    return tl::unexpected(settings_detail::range_words(
        limits.power_of_two ? "a power of two (1, 2, 4, 8, ...)" : "a whole number",
        std::to_string(limits.minimum), std::to_string(limits.maximum)));
  }
  static std::string show(const T*, const std::string& text) { return text; }
};

// Yes or no, written 1 or 0.
template <>
struct SettingType<bool> {
  using Limits = NoLimits;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<bool, std::string> read(std::string_view text, const Limits&) {
    if (text == "1" || text == "true") return true;
    if (text == "0" || text == "false") return false;
    return tl::unexpected(std::string("1 or 0"));
  }
  static std::string show(const bool*, const std::string& text) { return text; }
};

template <>
struct SettingType<double> {
  using Limits = Range<double>;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<double, std::string> read(std::string_view text, const Limits& limits);
  static std::string show(const double*, const std::string& text) { return text; }
};

template <>
struct SettingType<Duration> {
  struct Limits {
    Duration minimum = Duration{0};
    Duration maximum = std::chrono::hours{24};
  };
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<Duration, std::string> read(std::string_view text, const Limits& limits);
  static std::string show(const Duration*, const std::string& text) { return text; }
};

// Text may be a secret, so a setting says when it is not.
template <>
struct SettingType<std::string> {
  struct Limits {
    bool may_be_empty = false;
    // What it must be instead; empty: it is.
    std::string_view (*must_be)(std::string_view text) = nullptr;
  };
  static constexpr bool kMayBeShown = false;
  static constexpr bool empty_is_value(const Limits& limits) { return limits.may_be_empty; }
  static tl::expected<std::string, std::string> read(std::string_view text, const Limits& limits) {
    if (text.empty() && !limits.may_be_empty) return tl::unexpected(std::string("given"));
    const auto must_be = limits.must_be == nullptr ? "" : limits.must_be(text);
    if (!must_be.empty()) return tl::unexpected(std::string(must_be));
    return std::string(text);
  }
  static std::string show(const std::string*, const std::string& text) { return text; }
};

}  // namespace orderflow::core
