#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/values/result.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// Moments to the second, in UTC, by a cron expression of six fields: second, minute, hour, day of
// month, month, day of week. A field is a list of `*`, `5`, `5-10` and, with a step, `*/2`,
// `5-10/2`, `5/2` (from 5 on). Months and days of the week may be named (JAN, sun); Sunday is 0 or
// 7, so FRI-SUN is a range; `?` means `*` in the two day fields.
//
// Where both day fields say something other than `*`, a day that fits either will do, as POSIX's
// crontab has it. There is no local time, hence no hour that is skipped or comes twice.
//
// A value; any thread.
class CronSchedule {
 public:
  // Of a failure the detail says at which character (counted from 1) what is wrong. An expression
  // that no day can fit (30 February) is refused too.
  static Result<CronSchedule> parse(std::string_view text);

  // The first moment later than that.
  [[nodiscard]] Time next_after(Time time) const;

  static constexpr std::size_t kTextMax = 256;

 private:
  using Bits = std::uint64_t;  // Bit n: the value n is in the field.
  enum Field : std::uint8_t { kSecond, kMinute, kHour, kDay, kMonth, kWeekday, kFields };
  class Parser;

  CronSchedule() = default;
  [[nodiscard]] bool fits(std::chrono::sys_days day) const;
  [[nodiscard]] std::optional<std::chrono::seconds> first_from(std::chrono::seconds of_day) const;

  std::array<Bits, kFields> bits_{};
  bool any_day_ = false;      // The day of month is `*` or `?`.
  bool any_weekday_ = false;  // The same of the day of week.
};

}  // namespace orderflow::core
