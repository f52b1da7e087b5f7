#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

// Named places between two systems (database, broker, socket) where a test lets this process die or
// stop: ORDERFLOW_CRASH_AT=orchestrator.after_commit:3 kills it on the third passing, with `:stop`
// behind it stops it as SIGSTOP does. Compiled in always, since a program that is built otherwise
// for its tests is another program; a passing that is not wanted costs one comparison with a number
// that never changes after start.
//
// A point is a place in a role. The places are constants here; which roles there are the caller
// says. What is armed is one number for the whole process, written once by main before any thread
// starts: a process dies once, so there is nothing an object of its own could own, and handing it
// down would put a parameter into every function that crosses a boundary.
namespace orderflow::core {

enum class CrashPlace : std::uint8_t {
  // The owner loop's, the same in each role that owns partitions.
  kInAssign,         // Inside Kafka's rebalance callback: assigned, not granted.
  kInRevoke,         // Inside Kafka's rebalance callback: still granted, no longer assigned.
  kBeforeGrant,      // Assigned, and the pause before asking is over.
  kAfterGrant,       // Granted, nothing read yet.
  kBeforeRepublish,  // The state is read; what lies beyond the mark is not published again yet.
  kBeforeCommit,     // Decided; not a byte is sent.
  kInCommit,         // BEGIN to COMMIT are sent, the answer is not read.
  kAfterCommit,      // Committed, nothing is published.
  kBetweenSends,     // Some of a batch's messages are handed to the producer, not all.
  kAfterSends,       // All of them are, none is known to be acknowledged.
  kInAck,            // Inside the delivery report: acknowledged, the mark moves in memory only.
  kBeforeMark,       // About to write the mark on an idle tick.
  kInMark,
  kAfterMark,
  kInShutdown,  // Asked to stop: everything is sent, the last marks are not written.
  // Those of what answers clients.
  kBeforeGroup,   // A group commit is about to begin.
  kInGroup,       // BEGIN to COMMIT are sent, the answer is not read.
  kAfterGroup,    // Durable; no answer is written, no owner is notified.
  kBeforeAnswer,  // A 202 is about to be written.
  kAfterAnswer,   // It is written.
  kBeforeNotify,  // The owners are about to be notified.
  kAfterNotify,   // Handed to the producer, not acknowledged.
  kInNotifyAck,   // Inside the delivery report of such a message.
  kBeforeWrite,   // Any other transaction of it.
  kAfterWrite,    // Committed; neither answered nor told.
  kCount,
};

// Which of the places a role passes.
enum class CrashPlaces : std::uint8_t { kNone, kOwner, kFrontEnd };

struct CrashRole {
  std::string_view name;
  CrashPlaces places = CrashPlaces::kNone;
};

// A place in a role. A default one is never armed.
struct CrashPoint {
  std::uint64_t id = ~std::uint64_t{0};
};

// A role's points. A role without points passes none that can be armed.
class CrashSite {
 public:
  // Numbers a name (FNV-1a), so that this module need not know which roles there are.
  constexpr explicit CrashSite(std::string_view role) {
    std::uint32_t hash = 2'166'136'261;
    for (const char c : role) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619;
    role_ = std::uint64_t{hash} << 8;
  }

  [[nodiscard]] constexpr CrashPoint at(CrashPlace place) const {
    return {role_ | static_cast<std::uint64_t>(place)};
  }
  void pass(CrashPlace place) const noexcept;

 private:
  std::uint64_t role_;
};

inline constexpr std::uint64_t kNoCrashPoint = ~std::uint64_t{0} - 1;
inline std::atomic<std::uint64_t> armed_crash_point{kNoCrashPoint};

void pass_armed_crash_point() noexcept;

// The process passes this point. Safe from any thread, and from callbacks of C code.
inline void crash_point(CrashPoint point) noexcept {
  if (point.id == armed_crash_point.load(std::memory_order_relaxed)) [[unlikely]] {
    pass_armed_crash_point();
  }
}

inline void CrashSite::pass(CrashPlace place) const noexcept { crash_point(at(place)); }

// A place of a front end, of which a process has one at most: no role is needed to tell it apart.
[[nodiscard]] constexpr CrashPoint front_end_point(CrashPlace place) {
  return {static_cast<std::uint64_t>(place)};
}
inline void crash_point(CrashPlace front_end_place) noexcept {
  crash_point(front_end_point(front_end_place));
}

struct CrashPlan {
  CrashPoint point;
  std::string_view role;
  std::string text;  // As given.
  int passing = 1;   // Counted from one.
  bool stop = false;
};

// Reads point[:passing[:kill|stop]]; nothing when the text is empty. The error says what it must
// be and lists the names. The plan's role is a view of the caller's.
[[nodiscard]] tl::expected<std::optional<CrashPlan>, std::string> parse_crash_plan(
    std::string_view text, std::span<const CrashRole> roles);

// For main, before any thread starts, and in a process that runs the plan's role.
void arm_crash_point(const CrashPlan& plan);

// Every name, role by role in the order given, places in the order in which an order meets them.
[[nodiscard]] std::vector<std::string> crash_point_names(std::span<const CrashRole> roles);

}  // namespace orderflow::core
