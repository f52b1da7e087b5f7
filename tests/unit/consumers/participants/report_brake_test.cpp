#include "consumers/participants/report_brake.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;

constexpr core::Time kStart{std::chrono::hours{24}};

void report(ReportBrake& brake, std::size_t count, core::Time now) {
  for (std::size_t i = 0; i < count; ++i) brake.reported(now);
}

TEST_CASE("reports go as they are due while some are acknowledged") {
  ReportBrake brake(10s);
  for (int second = 0; second < 100; ++second) {
    const auto now = kStart + second * 1s;
    CHECK(brake.room(now) > 1'000'000);
    CHECK(brake.next() == core::Time{});
    report(brake, 1'000, now);
    if (second % 9 == 0) brake.acknowledged();
  }
}

TEST_CASE("reports go in waves while nobody acknowledges any, and all with the first answer") {
  ReportBrake brake(10s);
  report(brake, 5'000, kStart);
  CHECK(brake.room(kStart + 10s) > 1'000'000);
  const auto silent = kStart + 11s;
  CHECK(brake.room(silent) == ReportBrake::kWave);
  report(brake, 60, silent);
  CHECK(brake.room(silent + 1s) == ReportBrake::kWave - 60);
  CHECK(brake.next() == core::Time{});
  report(brake, ReportBrake::kWave - 60, silent + 1s);
  CHECK(brake.room(silent + 2s) == 0);
  CHECK(brake.next() == silent + 10s);
  CHECK(brake.room(silent + 10s) == ReportBrake::kWave);
  CHECK(brake.next() == core::Time{});
  report(brake, ReportBrake::kWave, silent + 10s);
  CHECK(brake.next() == silent + 20s);
  brake.acknowledged();
  CHECK(brake.next() == core::Time{});
  CHECK(brake.room(silent + 11s) > 1'000'000);
}

TEST_CASE("an idle shop is not taken for a silent one") {
  ReportBrake brake(10s);
  report(brake, 1, kStart);
  brake.acknowledged();
  CHECK(brake.room(kStart + 1h) > 1'000'000);
}

}  // namespace
}  // namespace orderflow::consumers
