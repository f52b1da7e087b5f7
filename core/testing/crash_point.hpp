#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Named places between two systems (database, broker, socket) where a test lets this process die or
// stop: ORDERFLOW_CRASH_AT=orchestrator.after_commit:3 kills it on the third passing, with `:stop`
// behind it stops it as SIGSTOP does. Compiled in always, since a program that is built otherwise
// for its tests is another program; a passing that is not wanted costs one comparison with a number
// that never changes after start.
//
// All names stand in one constant table (crash_point.cpp); `orderflow crash-points` prints it. What
// is armed is one number for the whole process, written once by main before any thread starts: a
// process dies once, so there is nothing an object of its own could own, and handing it down would
// put a parameter into every function that crosses a boundary.
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
  kBetweenSends,     // A part of a batch's messages is handed to the producer.
  kAfterSends,       // All of them are, none is known to be acknowledged.
  kInAck,            // Inside the delivery report: acknowledged, the mark moves in memory only.
  kBeforeMark,       // About to write the mark on an idle tick.
  kInMark,
  kAfterMark,
  kInFarewell,  // Asked to stop: everything is sent, the last marks are not written.
  // The door's.
  kBeforeOrders,  // A group of orders is about to be made durable.
  kInOrders,      // Sent, the answer of the COMMIT is not read.
  kAfterOrders,   // Durable; no answer is written, no owner has heard.
  kBeforeAnswer,  // A 202 is about to be written.
  kAfterAnswer,   // It is written.
  kBeforeHint,    // The owners are about to be told.
  kAfterHint,     // Handed to the producer, not acknowledged.
  kInHintAck,     // Inside the delivery report of a hint.
  kBeforeWrite,   // Any other transaction of a front end: requests, people, money, products.
  kAfterWrite,    // Committed; neither answered nor told.
  kCount,
};

// A place in a role. A default one is never armed.
struct CrashPoint {
  int id = -2;
};

enum class CrashRole : std::uint8_t { kApi, kOrchestrator, kPayments, kDelivery, kCount };

[[nodiscard]] constexpr CrashPoint crash_point_of(CrashRole role, CrashPlace place) {
  return {static_cast<int>(role) * static_cast<int>(CrashPlace::kCount) + static_cast<int>(place)};
}

inline std::atomic<int> armed_crash_point{-1};

void pass_armed_crash_point() noexcept;

// The process passes this place. Safe from any thread, and from callbacks of C code.
inline void crash_point(CrashPoint point) noexcept {
  if (point.id == armed_crash_point.load(std::memory_order_relaxed)) [[unlikely]] {
    pass_armed_crash_point();
  }
}

inline void crash_point(CrashPlace place_at_the_door) noexcept {
  crash_point(crash_point_of(CrashRole::kApi, place_at_the_door));
}

// The points of a role that is known by its name only; one without points passes none.
class CrashSite {
 public:
  explicit CrashSite(std::string_view role);
  [[nodiscard]] CrashPoint at(CrashPlace place) const {
    return role_ == CrashRole::kCount ? CrashPoint{} : crash_point_of(role_, place);
  }
  void pass(CrashPlace place) const noexcept { crash_point(at(place)); }

 private:
  CrashRole role_ = CrashRole::kCount;  // None.
};

struct CrashPlan {
  CrashPoint point;
  int passing = 1;  // Counted from one.
  bool stop = false;
};

// Reads point[:passing[:kill|stop]]; nothing when the text is empty. Throws BadConfiguration that
// lists the names.
[[nodiscard]] std::optional<CrashPlan> parse_crash_plan(std::string_view text);

// For main, before any thread starts.
void arm_crash_point(std::string_view text);

// Every name, in the order in which an order meets them.
[[nodiscard]] std::vector<std::string> crash_point_names();

}  // namespace orderflow::core
