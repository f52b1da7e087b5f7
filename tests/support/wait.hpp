#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace orderflow::testing {

using Millis = std::chrono::milliseconds;

// More than promise 6 gives a saga after the last fault, on a slow machine under load; tests fail
// by it, they never measure with it.
inline constexpr Millis kPatience{45'000};

// Polls until `condition` holds. False when it still does not at the deadline. The only place in
// the tests that pauses.
[[nodiscard]] bool holds_within(Millis deadline, const std::function<bool()>& condition);

// The same, but fails the test with `message` (asked for at the end, so it can tell the last
// state).
void wait_until(const std::string& message, const std::function<bool()>& condition,
                Millis deadline = kPatience);
void wait_until(const std::function<std::string()>& message, const std::function<bool()>& condition,
                Millis deadline = kPatience);

// Fails the test, for functions that have nothing to return.
[[noreturn]] void give_up(const std::string& message);

}  // namespace orderflow::testing
