#include "core/values/time.hpp"

#include <algorithm>

#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

// What four digits can say in UTC and PostgreSQL takes: it knows no year 0.
constexpr Time kFirst{std::chrono::sys_days{std::chrono::year{1} / 1 / 1}};
constexpr Time kBehindLast{std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}};

// Reads exactly `width` digits and removes them from `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  const auto value = core::parse_number<int>(text.substr(0, width));
  if (!value || text.front() == '-') return std::nullopt;
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Duration> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return Duration{0};
  long long micros = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 9) {
    if (digits < 6) micros = micros * 10 + (text.front() - '0');
    text.remove_prefix(1);
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) micros *= 10;
  return Duration{micros};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes{0};
  const bool negative = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return negative ? -offset : offset;
}

// Written here and not by printf: every message and every answer has a time or two.
void put_digits(Rfc3339Text& text, std::size_t at, std::size_t width, int value) {
  for (std::size_t i = at + width; i-- > at; value /= 10)
    text.chars[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Rfc3339Text rfc3339_text(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time) - day};
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  Rfc3339Text text{};
  std::copy(kForm.begin(), kForm.end(), text.chars.begin());
  put_digits(text, 0, 4, static_cast<int>(date.year()));
  put_digits(text, 5, 2, static_cast<int>(static_cast<unsigned>(date.month())));
  put_digits(text, 8, 2, static_cast<int>(static_cast<unsigned>(date.day())));
  put_digits(text, 11, 2, static_cast<int>(clock.hours().count()));
  put_digits(text, 14, 2, static_cast<int>(clock.minutes().count()));
  put_digits(text, 17, 2, static_cast<int>(clock.seconds().count()));
  put_digits(text, 20, 3, static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto year_value = take_digits(text, 4);
  if (!year_value || !take(text, "-")) return std::nullopt;
  const auto month_value = take_digits(text, 2);
  if (!month_value || !take(text, "-")) return std::nullopt;
  const auto day_value = take_digits(text, 2);
  if (!day_value || !take(text, "Tt ")) return std::nullopt;
  const auto hour_value = take_digits(text, 2);
  if (!hour_value || *hour_value > 23 || !take(text, ":")) return std::nullopt;
  const auto minute_value = take_digits(text, 2);
  if (!minute_value || *minute_value > 59 || !take(text, ":")) return std::nullopt;
  const auto second_value = take_digits(text, 2);
  if (!second_value || *second_value > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const year_month_day date{year{*year_value}, month{static_cast<unsigned>(*month_value)},
                            day{static_cast<unsigned>(*day_value)}};
  if (!date.ok()) return std::nullopt;
  const Time time = Time{sys_days{date}} + hours{*hour_value} + minutes{*minute_value} +
                    seconds{*second_value} + *fraction - *offset;
  if (time < kFirst || time >= kBehindLast) return std::nullopt;
  return time;
}

}  // namespace orderflow::core
