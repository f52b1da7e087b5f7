#include "bench/instructions/counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/values/number.hpp"

namespace orderflow::bench {
namespace {

constexpr std::string_view kPlatform = "# on ";
constexpr std::string_view kTotals = "totals: ";

template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::int64_t number_in(std::string_view text, std::string_view line) {
  const auto number = core::parse_number<std::int64_t>(text);
  if (!number || *number < 0) {
    throw std::runtime_error(fmt::format("no count in the line '{}'", line));
  }
  return *number;
}

std::vector<std::int64_t> totals_in(std::string_view profile) {
  std::vector<std::int64_t> totals;
  for_each_line(profile, [&](std::string_view line) {
    if (line.starts_with(kTotals)) {
      totals.push_back(number_in(line.substr(kTotals.size()), line));
    }
  });
  return totals;
}

std::optional<std::int64_t> count_of(const Counts& counts, std::string_view name) {
  const auto found = std::find_if(counts.lines.begin(), counts.lines.end(),
                                  [&](const auto& line) { return line.first == name; });
  if (found == counts.lines.end()) return std::nullopt;
  return found->second;
}

std::string shown(const std::optional<std::int64_t>& count) {
  return count ? std::to_string(*count) : "-";
}

std::string verdict_on(const Change& change) {
  if (!change.stored) return "   new";
  if (!change.now) return "  gone";
  return fmt::format("{:+6.1f} %{}", change.percent(),
                     change.percent() > kRiseMax ? "  more than allowed" : "");
}

}  // namespace

Counts parse_counts(std::string_view text) {
  Counts counts;
  for_each_line(text, [&](std::string_view line) {
    if (line.starts_with(kPlatform)) counts.platform = line.substr(kPlatform.size());
    if (line.empty() || line.front() == '#') return;
    const auto space = std::min(line.find(' '), line.size() - 1);
    counts.lines.emplace_back(line.substr(0, space), number_in(line.substr(space + 1), line));
  });
  return counts;
}

std::string text_of(const Counts& counts) {
  std::string text = fmt::format("{}{}\n", kPlatform, counts.platform);
  for (const auto& [name, count] : counts.lines) text += fmt::format("{} {}\n", name, count);
  return text;
}

Counts counts_of_run(const Counts& operations, std::string_view profile) {
  const auto totals = totals_in(profile);
  if (totals.size() != operations.lines.size() + 1) {
    throw std::runtime_error(fmt::format("{} workloads ran, but the profile has {} parts",
                                         operations.lines.size(), totals.size()));
  }
  Counts counts{operations.platform, {}};
  for (std::size_t i = 0; i < operations.lines.size(); ++i) {
    const auto& [name, done] = operations.lines[i];
    if (done == 0 || totals[i] == 0) throw std::runtime_error(name + " was not counted");
    counts.lines.emplace_back(name, (totals[i] + done / 2) / done);
  }
  return counts;
}

double Change::percent() const {
  if (!stored || !now || *stored == 0) return 0;
  return 100 * static_cast<double>(*now - *stored) / static_cast<double>(*stored);
}

bool Comparison::regressed() const {
  return same_platform && std::any_of(changes.begin(), changes.end(), [](const Change& change) {
           return change.percent() > kRiseMax;
         });
}

std::string Comparison::table() const {
  std::string text = fmt::format("{:<26} {:>9} {:>9} {:>9}\n", "instructions an operation",
                                 "stored", "now", "change");
  for (const auto& change : changes) {
    text += fmt::format("{:<26} {:>9} {:>9}   {}\n", change.name, shown(change.stored),
                        shown(change.now), verdict_on(change));
  }
  return text;
}

Comparison compare(const Counts& stored, const Counts& now) {
  Comparison comparison;
  comparison.same_platform = stored.platform == now.platform;
  for (const auto& [name, count] : now.lines) {
    comparison.changes.push_back({name, count_of(stored, name), count});
  }
  for (const auto& [name, count] : stored.lines) {
    if (!count_of(now, name)) comparison.changes.push_back({name, count, std::nullopt});
  }
  return comparison;
}

}  // namespace orderflow::bench
