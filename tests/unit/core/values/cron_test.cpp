#include "core/values/cron.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "core/values/number.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow::core {
namespace {

std::string next(const std::string& expression, const std::string& after) {
  const auto schedule = CronSchedule::parse(expression);
  INFO(expression);
  REQUIRE(schedule);
  return to_rfc3339(schedule->next_after(*parse_rfc3339(after))).substr(0, 19);
}

TEST_CASE("a cron expression's next moment is the first later one that fits") {
  struct Row {
    const char* expression;
    const char* after;
    const char* next;
  };
  for (const auto& row : std::initializer_list<Row>{
           {"*/30 * * * * *", "2026-11-28T10:00:00Z", "2026-11-28T10:00:30"},
           {"*/30 * * * * *", "2026-11-28T10:00:29.999Z", "2026-11-28T10:00:30"},
           {"*/30 * * * * *", "2026-12-31T23:59:30Z", "2027-01-01T00:00:00"},
           {"  0\t0 12 * * ?  ", "2026-11-28T12:00:00Z", "2026-11-29T12:00:00"},
           {"10/20 5 * * * *", "2026-11-28T10:05:50Z", "2026-11-28T11:05:10"},
           {"5,1 59 23 * * *", "2026-11-28T23:59:01Z", "2026-11-28T23:59:05"},
           {"59 0-10/5 8-9 * * *", "2026-11-28T08:10:59Z", "2026-11-28T09:00:59"},
           {"0 0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00"},
           {"0 0 0 31 * *", "2026-08-31T00:00:00Z", "2026-10-31T00:00:00"},
           {"0 0 0 * jan-MAR/2 *", "2026-01-31T00:00:00Z", "2026-03-01T00:00:00"},
           {"0 0 0 * * FRI-SUN", "2026-11-29T00:00:00Z", "2026-12-04T00:00:00"},
           {"0 0 0 * * 7", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00"},
           {"0 0 0 * * 5/1", "2026-11-28T00:00:00Z", "2026-12-04T00:00:00"},
           // Either day will do where both are said, both must where one is `*`.
           {"0 0 0 13 * FRI", "2026-11-07T00:00:00Z", "2026-11-13T00:00:00"},
           {"0 0 0 13 * FRI", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00"},
           {"0 0 0 13 2 FRI", "2026-02-14T00:00:00Z", "2026-02-20T00:00:00"},
           {"0 0 0 */15 * SUN-SAT", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00"},
           {"0 0 0 30 2 MON", "2026-11-28T00:00:00Z", "2027-02-01T00:00:00"},
       }) {
    CHECK(next(row.expression, row.after) == row.next);
  }
}

// An expression, a moment and the next one, in seconds: see tests/support/cron_samples.py.
TEST_CASE("next moments are those that croniter finds") {
  const char* given = std::getenv("ORDERFLOW_CRON_SAMPLES");
  std::ifstream file(given == nullptr ? "" : given);
  std::istringstream kept(testing::source_text("tests/unit/core/values/cron_samples.txt"));
  std::istream& samples = given == nullptr ? static_cast<std::istream&>(kept) : file;
  std::size_t compared = 0;
  for (std::string line; std::getline(samples, line); ++compared) {
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    const auto schedule = CronSchedule::parse(line.substr(0, first));
    const std::string wanted = line.substr(second + 1);
    const auto after = parse_number<std::int64_t>(line.substr(first + 1, second - first - 1));
    REQUIRE(after);
    std::string found = "never";
    if (schedule) {
      const Time next = schedule->next_after(Time(std::chrono::seconds(*after)));
      found = std::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(next.time_since_epoch()).count());
    }
    if (found != wanted) FAIL_CHECK(line << ", ours: " << found);
  }
  CHECK(compared >= 1'000);
}

TEST_CASE("a wrong cron expression is refused with the place of the mistake") {
  struct Row {
    std::string expression;
    const char* detail;
  };
  for (const auto& row : std::initializer_list<Row>{
           {"", "at character 1: the second is missing: there are six fields"},
           {"*/5 * * * *", "at character 12: the day of week is missing: there are six fields"},
           {"* * * * * * *", "at character 13: there are six fields, this is a seventh"},
           {"60 * * * * *", "at character 1: '60' is no second, which is 0 to 59"},
           {"99999999999999999999 * * * * *",
            "at character 1: '99999999999999999999' is no second, which is 0 to 59"},
           {"* * 24 * * *", "at character 5: '24' is no hour, which is 0 to 23"},
           {"* * * 0 * *", "at character 7: '0' is no day of month, which is 1 to 31"},
           {"* * * * FOO *",
            "at character 9: 'FOO' is no month, which is 1 to 12 or a name as JAN"},
           {"* * * * * MONDAY",
            "at character 11: 'MONDAY' is no day of week, which is 0 to 7 or a name as SUN"},
           {"*/0 * * * * *", "at character 3: '0' is no step, which is 1 to 59"},
           {"*/ * * * * *", "at character 3: '' is no step, which is 1 to 59"},
           {"30-20 * * * * *", "at character 4: the range ends before it begins"},
           {"1, * * * * *", "at character 3: a value for the second is missing"},
           {"1- * * * * *", "at character 3: a value for the second is missing"},
           {"-1 * * * * *", "at character 1: a value for the second is missing"},
           {"*5 * * * * *", "at character 2: '5' does not belong into the second"},
           {"? * * * * *", "at character 1: a value for the second is missing"},
           {"* * * L * *", "at character 7: 'L' is no day of month, which is 1 to 31"},
           {"0 0 0 30 FEB *", "at character 7: none of the months has such a day"},
           {"0 0 0 31 4,6,9,11 ?", "at character 7: none of the months has such a day"},
           {"@hourly", "at character 1: a value for the second is missing"},
           {std::string(300, '*'), "at character 257: an expression has at most 256 characters"},
       }) {
    const auto schedule = CronSchedule::parse(row.expression);
    INFO(row.expression);
    REQUIRE_FALSE(schedule);
    CHECK(schedule.error().detail == row.detail);
  }
}

}  // namespace
}  // namespace orderflow::core
