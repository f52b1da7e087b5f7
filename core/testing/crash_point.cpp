#include "core/testing/crash_point.hpp"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

constexpr auto kPlaces = static_cast<std::size_t>(CrashPlace::kCount);
constexpr auto kFirstOfFrontEnd = static_cast<std::size_t>(CrashPlace::kBeforeGroup);

// In the order of CrashPlace.
constexpr std::array<std::string_view, kPlaces> kPlaceNames{
    "in_assign",     "in_revoke",    "before_grant",  "after_grant",   "before_republish",
    "before_commit", "in_commit",    "after_commit",  "between_sends", "after_sends",
    "in_ack",        "before_mark",  "in_mark",       "after_mark",    "in_shutdown",
    "before_group",  "in_group",     "after_group",   "before_answer", "after_answer",
    "before_notify", "after_notify", "in_notify_ack", "before_write",  "after_write"};

// Written by arm_crash_point() before any thread starts.
int armed_passing = 0;
bool armed_to_stop = false;
std::array<char, 160> last_words{};

struct NamedPoint {
  std::string name;
  std::string_view role;
  CrashPoint point;
};

std::vector<NamedPoint> all_points(std::span<const CrashRole> roles) {
  std::vector<NamedPoint> points;
  for (const CrashRole& role : roles) {
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const auto place = static_cast<CrashPlace>(i);
      const auto places = i < kFirstOfFrontEnd ? CrashPlaces::kOwner : CrashPlaces::kFrontEnd;
      if (role.places != places) continue;
      points.push_back({std::string(role.name) + "." + std::string(kPlaceNames.at(i)), role.name,
                        places == CrashPlaces::kOwner ? CrashSite(role.name).at(place)
                                                      : front_end_point(place)});
    }
  }
  return points;
}

tl::unexpected<std::string> refused(std::span<const CrashRole> roles, const char* why) {
  std::string names;
  for (const auto& name : crash_point_names(roles)) names += "\n  " + name;
  return tl::unexpected("POINT[:PASSING[:kill|stop]] (" + std::string(why) +
                        ") with one of the points" + names);
}

}  // namespace

void pass_armed_crash_point() noexcept {
  static std::atomic<int> passings{0};
  if (++passings != armed_passing) return;
  // No allocation, no lock, no destructor: whatever the process holds, it holds when it dies.
  (void)!::write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data()));
  ::kill(::getpid(), armed_to_stop ? SIGSTOP : SIGKILL);
}

tl::expected<std::optional<CrashPlan>, std::string> parse_crash_plan(
    std::string_view text, std::span<const CrashRole> roles) {
  if (text.empty()) return std::nullopt;
  const auto first = text.find(':');
  CrashPlan plan;
  plan.text = text;
  for (const auto& known : all_points(roles)) {
    if (known.name != text.substr(0, first)) continue;
    plan.point = known.point;
    plan.role = known.role;
  }
  if (plan.role.empty()) return refused(roles, "there is no such point");
  if (first == std::string_view::npos) return plan;
  std::string_view rest = text.substr(first + 1);
  const auto second = rest.find(':');
  plan.passing = core::parse_number<int>(rest.substr(0, second)).value_or(0);
  if (plan.passing < 1) return refused(roles, "the passing is not a number from 1");
  if (second == std::string_view::npos) return plan;
  const std::string_view action = rest.substr(second + 1);
  if (action != "kill" && action != "stop") {
    return refused(roles, "the action is neither kill nor stop");
  }
  plan.stop = action == "stop";
  return plan;
}

void arm_crash_point(const CrashPlan& plan) {
  armed_passing = plan.passing;
  armed_to_stop = plan.stop;
  std::snprintf(last_words.data(), last_words.size(), "orderflow: crash point %s: %s\n",
                plan.text.c_str(), plan.stop ? "stopped" : "killed");
  armed_crash_point = plan.point.id;
}

std::vector<std::string> crash_point_names(std::span<const CrashRole> roles) {
  std::vector<std::string> names;
  for (auto& point : all_points(roles)) names.push_back(std::move(point.name));
  return names;
}

}  // namespace orderflow::core
