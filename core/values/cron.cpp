#include "core/values/cron.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <span>
#include <string>
#include <utility>

#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr std::string_view kBlanks = " \t";
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};
constexpr int kSunday = 7;  // As well as 0.

struct FieldKind {
  std::string_view name;
  int first;
  int last;
  std::span<const std::string_view> names;  // Of `first` and those that follow.
};
constexpr std::array<FieldKind, 6> kKinds = {{{"second", 0, 59, {}},
                                              {"minute", 0, 59, {}},
                                              {"hour", 0, 23, {}},
                                              {"day of month", 1, 31, {}},
                                              {"month", 1, 12, kMonths},
                                              {"day of week", 0, kSunday, kWeekdays}}};

// February has a 29th every four years, but for 1900, 2100 and such: then after eight.
constexpr days kYears{8 * 366};

bool same_letters(std::string_view text, std::string_view upper) {
  return std::ranges::equal(text, upper, {},
                            [](char c) { return std::toupper(static_cast<unsigned char>(c)); });
}

std::optional<int> next_bit(std::uint64_t bits, int from) {
  if (from > 63) return std::nullopt;
  const std::uint64_t left = bits >> from << from;
  if (left == 0) return std::nullopt;
  return std::countr_zero(left);
}

}  // namespace

// Reads an expression from left to right; the first mistake ends it.
class CronSchedule::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<CronSchedule> run() {
    if (text_.size() > kTextMax) {
      at_ = kTextMax;
      return wrong("an expression has at most " + std::to_string(kTextMax) + " characters");
    }
    CronSchedule schedule;
    skip_blanks();
    for (int field = 0; field < kFields; ++field) {
      if (at_ == text_.size()) {
        return wrong(std::string("the ") + std::string(kKinds.at(field).name) +
                     " is missing: there are six fields");
      }
      if (field == kDay) day_at_ = at_;
      if (auto read = read_field(static_cast<Field>(field), schedule); !read) {
        return tl::unexpected(std::move(read).error());
      }
      skip_blanks();
    }
    if (at_ < text_.size()) return wrong("there are six fields, this is a seventh");
    return check_days(schedule);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& why) const {
    return fail("bad_cron", "at character " + std::to_string(at_ + 1) + ": " + why,
                "six fields in UTC: second minute hour day month weekday, e.g. '*/30 * * * * *'");
  }
  [[nodiscard]] bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }
  [[nodiscard]] bool at_end_of_field() const {
    return at_ == text_.size() || kBlanks.find(text_[at_]) != std::string_view::npos;
  }
  // Letters or digits from here on.
  [[nodiscard]] std::string_view word() const {
    std::size_t end = at_;
    while (end < text_.size() && std::isalnum(static_cast<unsigned char>(text_[end])) != 0) ++end;
    return text_.substr(at_, end - at_);
  }

  Status read_field(Field field, CronSchedule& schedule) {
    const std::size_t began = at_;
    do {
      if (auto read = read_element(field, schedule.bits_.at(field)); !read) return read;
    } while (take(','));
    if (!at_end_of_field()) {
      return wrong("'" + std::string(1, text_[at_]) + "' does not belong into the " +
                   std::string(kKinds.at(field).name));
    }
    const std::string_view whole = text_.substr(began, at_ - began);
    const bool any = whole == "*" || whole == "?";
    if (field == kDay) schedule.any_day_ = any;
    if (field == kWeekday) {
      schedule.any_weekday_ = any;
      if ((schedule.bits_[kWeekday] >> kSunday & 1) != 0) schedule.bits_[kWeekday] |= 1;
    }
    return {};
  }

  Status read_element(Field field, Bits& bits) {
    const FieldKind& kind = kKinds.at(field);
    int first = kind.first;
    int last = kind.last;
    bool single = false;
    const bool question = sees('?') && (field == kDay || field == kWeekday);
    if (question || sees('*')) {
      ++at_;
      if (field == kWeekday) last = kSunday - 1;
    } else {
      const auto value = read_value(kind);
      if (!value) return tl::unexpected(value.error());
      first = *value;
      if (take('-')) {
        const auto end = read_range_end(field, first);
        if (!end) return tl::unexpected(end.error());
        last = *end;
      } else {
        single = true;
      }
    }
    int step = 1;
    if (take('/')) {
      const auto read = read_step(kind);
      if (!read) return tl::unexpected(read.error());
      step = *read;
      if (single && field == kWeekday) last = kSunday - 1;
    } else if (single) {
      last = first;
    }
    for (int value = first; value <= last; value += step) bits |= Bits{1} << value;
    return {};
  }

  Result<int> read_value(const FieldKind& kind) {
    const std::string_view text = word();
    if (text.empty()) {
      return wrong("a value for the " + std::string(kind.name) + " is missing");
    }
    for (std::size_t i = 0; i < kind.names.size(); ++i) {
      if (!same_letters(text, kind.names[i])) continue;
      at_ += text.size();
      return kind.first + static_cast<int>(i);
    }
    const auto number = parse_number<int>(text);
    if (!number || *number < kind.first || *number > kind.last) {
      return wrong("'" + std::string(text) + "' is no " + std::string(kind.name) + ", which is " +
                   std::to_string(kind.first) + " to " + std::to_string(kind.last) +
                   (kind.names.empty() ? "" : " or a name as " + std::string(kind.names[0])));
    }
    at_ += text.size();
    return *number;
  }

  Result<int> read_range_end(Field field, int first) {
    const std::size_t began = at_;
    auto last = read_value(kKinds.at(field));
    if (!last) return last;
    if (field == kWeekday && *last == 0 && first > 0) return kSunday;
    if (*last >= first) return last;
    at_ = began;
    return wrong("the range ends before it begins");
  }

  Result<int> read_step(const FieldKind& kind) {
    const std::string_view text = word();
    const auto step = parse_number<int>(text);
    if (!step || *step < 1 || *step > kind.last) {
      return wrong("'" + std::string(text) + "' is no step, which is 1 to " +
                   std::to_string(kind.last));
    }
    at_ += text.size();
    return *step;
  }

  // By day of week there is always a day.
  Result<CronSchedule> check_days(const CronSchedule& schedule) {
    using namespace std::chrono;
    if (!schedule.any_weekday_) return schedule;
    for (sys_days day{year{2024} / January / 1}; day < sys_days{year{2025} / January / 1};
         day += days{1}) {
      if (schedule.fits(day)) return schedule;
    }
    at_ = day_at_;
    return wrong("none of the months has such a day");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t day_at_ = 0;  // Where the day of month begins.
};

Result<CronSchedule> CronSchedule::parse(std::string_view text) { return Parser(text).run(); }

bool CronSchedule::fits(sys_days day) const {
  const std::chrono::year_month_day date(day);
  const auto has = [this](Field field, unsigned value) {
    return (bits_.at(field) >> value & 1) != 0;
  };
  if (!has(kMonth, unsigned{date.month()})) return false;
  const bool by_date = has(kDay, unsigned{date.day()});
  const bool by_weekday = has(kWeekday, std::chrono::weekday(day).c_encoding());
  return any_day_ || any_weekday_ ? by_date && by_weekday : by_date || by_weekday;
}

std::optional<seconds> CronSchedule::first_from(seconds of_day) const {
  const std::chrono::hh_mm_ss from(of_day);
  const auto from_hour = static_cast<int>(from.hours().count());
  const auto from_minute = static_cast<int>(from.minutes().count());
  const auto from_second = static_cast<int>(from.seconds().count());
  const auto next_hour = [this](int at) { return next_bit(bits_[kHour], at); };
  const auto next_minute = [this](int at) { return next_bit(bits_[kMinute], at); };
  for (auto hour = next_hour(from_hour); hour; hour = next_hour(*hour + 1)) {
    const bool same_hour = *hour == from_hour;
    for (auto minute = next_minute(same_hour ? from_minute : 0); minute;
         minute = next_minute(*minute + 1)) {
      const bool same_minute = same_hour && *minute == from_minute;
      const auto second = next_bit(bits_[kSecond], same_minute ? from_second : 0);
      if (second) {
        return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
      }
    }
  }
  return std::nullopt;
}

Time CronSchedule::next_after(Time time) const {
  const auto from = std::chrono::floor<seconds>(time) + seconds{1};
  const auto today = std::chrono::floor<days>(from);
  for (auto day = today; day <= today + kYears; day += days{1}) {
    if (!fits(day)) continue;
    const auto of_day = first_from(day == today ? from - today : seconds{0});
    if (of_day) return day + *of_day;
  }
  return Time::max();  // Not reached: parse() has seen that a day fits.
}

}  // namespace orderflow::core
