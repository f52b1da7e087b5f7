#include "core/testing/crash_point.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr auto kPlaces = static_cast<std::size_t>(CrashPlace::kCount);
constexpr auto kFirstAtTheDoor = static_cast<std::size_t>(CrashPlace::kBeforeOrders);

// In the order of CrashPlace.
constexpr std::array<std::string_view, kPlaces> kPlaceNames{
    "in_assign",     "in_revoke",   "before_grant", "after_grant",   "before_republish",
    "before_commit", "in_commit",   "after_commit", "between_sends", "after_sends",
    "in_ack",        "before_mark", "in_mark",      "after_mark",    "in_farewell",
    "before_orders", "in_orders",   "after_orders", "before_answer", "after_answer",
    "before_hint",   "after_hint",  "in_hint_ack",  "before_write",  "after_write"};

// In the order of CrashRole.
constexpr std::array<std::string_view, static_cast<std::size_t>(CrashRole::kCount)> kRoleNames{
    "api", "orchestrator", "payments", "delivery"};

// Written by arm_crash_point() before any thread starts.
CrashPlan armed;
std::array<char, 160> last_words{};

bool has(std::size_t role, std::size_t place) {
  const bool door = role == static_cast<std::size_t>(CrashRole::kApi);
  return door == (place >= kFirstAtTheDoor);
}

std::string name_of(std::size_t role, std::size_t place) {
  return std::string(kRoleNames.at(role)) + "." + std::string(kPlaceNames.at(place));
}

std::optional<CrashPoint> find(std::string_view name) {
  for (std::size_t role = 0; role < kRoleNames.size(); ++role) {
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (has(role, place) && name == name_of(role, place)) {
        return crash_point_of(static_cast<CrashRole>(role), static_cast<CrashPlace>(place));
      }
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  std::string names;
  for (const auto& name : crash_point_names()) names += "\n  " + name;
  throw BadConfiguration("ORDERFLOW_CRASH_AT is '" + std::string(text) + "': " + why +
                         "; it must be POINT[:PASSING[:kill|stop]] with one of the points" + names);
}

}  // namespace

CrashSite::CrashSite(std::string_view role) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == role) role_ = static_cast<CrashRole>(i);
  }
}

void pass_armed_crash_point() noexcept {
  static std::atomic<int> passings{0};
  if (++passings != armed.passing) return;
  // No allocation, no lock, no destructor: whatever the process holds, it holds when it dies.
  (void)!::write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data()));
  ::kill(::getpid(), armed.stop ? SIGSTOP : SIGKILL);
}

std::optional<CrashPlan> parse_crash_plan(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto first = text.find(':');
  const auto point = find(text.substr(0, first));
  if (!point) refuse(text, "there is no such point");
  CrashPlan plan{*point};
  if (first == std::string_view::npos) return plan;
  std::string_view rest = text.substr(first + 1);
  const auto second = rest.find(':');
  const std::string_view number = rest.substr(0, second);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), plan.passing);
  if (error != std::errc{} || end != number.data() + number.size() || plan.passing < 1) {
    refuse(text, "the passing is not a number from 1");
  }
  if (second == std::string_view::npos) return plan;
  const std::string_view action = rest.substr(second + 1);
  if (action != "kill" && action != "stop") refuse(text, "the action is neither kill nor stop");
  plan.stop = action == "stop";
  return plan;
}

void arm_crash_point(std::string_view text) {
  const auto plan = parse_crash_plan(text);
  if (!plan) return;
  armed = *plan;
  std::snprintf(last_words.data(), last_words.size(), "orderflow: crash point %.*s: %s\n",
                static_cast<int>(text.size()), text.data(), plan->stop ? "stopped" : "killed");
  armed_crash_point = plan->point.id;
}

std::vector<std::string> crash_point_names() {
  std::vector<std::string> names;
  for (std::size_t role = 0; role < kRoleNames.size(); ++role) {
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (has(role, place)) names.push_back(name_of(role, place));
    }
  }
  return names;
}

}  // namespace orderflow::core
