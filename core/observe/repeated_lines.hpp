#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::core {

// Which lines of a log only repeat one that was written shortly before. They are left out and
// counted; once their interval is over a line with the count in `repeated` tells so. Bounded in
// lines that it remembers. One thread at a time.
class RepeatedLines {
 public:
  using Line = nlohmann::ordered_json;

  static constexpr Duration kInterval = std::chrono::minutes{1};

  // Whether the line is to be written. It comes without what differs each time, as its time.
  [[nodiscard]] bool is_new(const Line& line, SteadyTime now);

  // What was left out in intervals that are over, each with its count; counts begin anew.
  [[nodiscard]] std::vector<Line> take_due(SteadyTime now);

 private:
  struct Seen {
    SteadyTime written;
    std::int64_t left_out = 0;
  };

  std::unordered_map<std::string, Seen> seen_;  // by the line's text
  SteadyTime next_due_ = SteadyTime::max();
};

}  // namespace orderflow::core
