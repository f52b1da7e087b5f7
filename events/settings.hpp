#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "core/settings/setting.hpp"
#include "core/testing/crash_point.hpp"
#include "events/roles.hpp"

template <>
struct orderflow::core::SettingType<std::optional<orderflow::core::CrashPlan>> {
  using Limits = NoLimits;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return true; }
  static tl::expected<std::optional<CrashPlan>, std::string> read(std::string_view text,
                                                                  const Limits&) {
    return parse_crash_plan(text, events::kCrashRoles);
  }
  static std::string show(const std::optional<CrashPlan>*, const std::string& text) { return text; }
};

namespace orderflow::events {

inline constexpr core::Setting<std::string> kTopicPrefix{
    .name = "ORDERFLOW_TOPIC_PREFIX",
    .default_value = "",
    .limits = {.may_be_empty = true},
    .help = "put before each topic and group name, so that installations can share a cluster",
    .shown = true};

inline constexpr core::Setting<std::int32_t> kReplicationFactor{
    .name = "ORDERFLOW_REPLICATION_FACTOR",
    .default_value = "1",
    .limits = {1, 9},
    .help = "replicas of each topic when they are created"};

// Here because the points are those of the roles.
inline constexpr core::Setting<std::optional<core::CrashPlan>> kCrashAt{
    .name = "ORDERFLOW_CRASH_AT",
    .default_value = "",
    .help =
        "for tests: POINT:PASSING dies there, POINT:PASSING:stop stops; `orderflow "
        "crash-points` lists them"};

inline constexpr core::AnySetting kEventsSettings[] = {kTopicPrefix, kReplicationFactor};
inline constexpr core::AnySetting kCrashSettings[] = {kCrashAt};

}  // namespace orderflow::events
