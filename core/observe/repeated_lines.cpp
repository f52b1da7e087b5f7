#include "core/observe/repeated_lines.hpp"

#include <algorithm>
#include <utility>

namespace orderflow::core {
namespace {

// Far more than fail at once; beyond it lines are written as they come.
constexpr std::size_t kLinesMax = 200;

// Text from outside may hold broken UTF-8.
std::string text_of_line(const RepeatedLines::Line& line) {
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

bool RepeatedLines::is_new(const Line& line, SteadyTime now) {
  std::string text = text_of_line(line);
  if (const auto found = seen_.find(text); found != seen_.end()) {
    ++found->second.left_out;
    return false;
  }
  if (seen_.size() < kLinesMax) {
    seen_.emplace(std::move(text), Seen{now});
    next_due_ = std::min(next_due_, now + kInterval);
  }
  return true;
}

std::vector<RepeatedLines::Line> RepeatedLines::take_due(SteadyTime now) {
  std::vector<Line> due;
  if (now < next_due_) return due;
  next_due_ = SteadyTime::max();
  for (auto next = seen_.begin(); next != seen_.end();) {
    auto& [text, seen] = *next;
    if (now >= seen.written + kInterval) {
      if (seen.left_out == 0) {
        next = seen_.erase(next);
        continue;
      }
      due.push_back(Line::parse(text));
      due.back()["repeated"] = seen.left_out;
      seen = {now};
    }
    next_due_ = std::min(next_due_, seen.written + kInterval);
    ++next;
  }
  return due;
}

}  // namespace orderflow::core
