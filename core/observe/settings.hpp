#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "core/observe/log.hpp"
#include "core/settings/setting.hpp"

namespace orderflow::core {

template <>
struct SettingType<LogLevel> {
  using Limits = NoLimits;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<LogLevel, std::string> read(std::string_view text, const Limits&) {
    const auto level = parse_log_level(text);
    if (level) return *level;
    return tl::unexpected(std::string("debug, info, warning or error"));
  }
  static std::string show(const LogLevel*, const std::string& text) { return text; }
};

inline constexpr Setting<LogLevel> kLogLevel{
    .name = "LOG_LEVEL", .default_value = "info", .help = "debug, info, warning or error"};

inline constexpr AnySetting kObserveSettings[] = {kLogLevel};

}  // namespace orderflow::core
