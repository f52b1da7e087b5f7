#include "tests/support/wait.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <thread>

namespace orderflow::testing {
namespace {

constexpr Millis kPause{15};

}  // namespace

bool holds_within(Millis deadline, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

void wait_until(const std::string& message, const std::function<bool()>& condition,
                Millis deadline) {
  wait_until([&message] { return message; }, condition, deadline);
}

void wait_until(const std::function<std::string()>& message, const std::function<bool()>& condition,
                Millis deadline) {
  if (holds_within(deadline, condition)) return;
  FAIL("not within " << deadline.count() << " ms: " << message());
}

void give_up(const std::string& message) {
  FAIL(message);
  std::abort();  // FAIL throws; the compiler does not know.
}

}  // namespace orderflow::testing
