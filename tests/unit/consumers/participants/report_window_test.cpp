#include "consumers/participants/report_window.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;

constexpr core::Time kStart{std::chrono::hours{24}};

void report(ReportWindow& window, std::size_t count, core::Time now) {
  for (std::size_t i = 0; i < count; ++i) window.sent(now);
}

TEST_CASE("reports are sent as they are due while some are acknowledged") {
  ReportWindow window(10s);
  for (int second = 0; second < 100; ++second) {
    const auto now = kStart + second * 1s;
    CHECK(window.room(now) > 1'000'000);
    CHECK(window.next() == core::Time{});
    report(window, 1'000, now);
    if (second % 9 == 0) window.acknowledged();
  }
}

TEST_CASE(
    "so many reports are sent an interval while none is acknowledged, and all with the first "
    "acknowledgement") {
  ReportWindow window(10s);
  report(window, 5'000, kStart);
  CHECK(window.room(kStart + 10s) > 1'000'000);
  const auto silent = kStart + 11s;
  CHECK(window.room(silent) == ReportWindow::kSize);
  report(window, 60, silent);
  CHECK(window.room(silent + 1s) == ReportWindow::kSize - 60);
  CHECK(window.next() == core::Time{});
  report(window, ReportWindow::kSize - 60, silent + 1s);
  CHECK(window.room(silent + 2s) == 0);
  CHECK(window.next() == silent + 10s);
  CHECK(window.room(silent + 10s) == ReportWindow::kSize);
  CHECK(window.next() == core::Time{});
  report(window, ReportWindow::kSize, silent + 10s);
  CHECK(window.next() == silent + 20s);
  window.acknowledged();
  CHECK(window.next() == core::Time{});
  CHECK(window.room(silent + 11s) > 1'000'000);
}

TEST_CASE("an idle inbox is not taken for one that nobody reads") {
  ReportWindow window(10s);
  report(window, 1, kStart);
  window.acknowledged();
  CHECK(window.room(kStart + 1h) > 1'000'000);
}

}  // namespace
}  // namespace orderflow::consumers
