#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow::bench {

// Instructions an operation, by workload, in the order they are listed; a small text file:
//
//   # on GCC 12.2.0, glibc 2.36, x86_64
//   encode_event 1534
//
// `platform` is what follows "# on ": another compiler or C library makes other instructions of the
// same source. Pure; what cannot be read throws std::runtime_error.
struct Counts {
  std::string platform;
  std::vector<std::pair<std::string, std::int64_t>> lines;

  bool operator==(const Counts&) const = default;
};

[[nodiscard]] Counts parse_counts(std::string_view text);
[[nodiscard]] std::string text_of(const Counts& counts);

// `operations` is what a run says it did, `profile` what callgrind counted meanwhile: one part for
// each workload, in the same order, and a last one of what came after.
[[nodiscard]] Counts counts_of_run(const Counts& operations, std::string_view profile);

// A workload that is new has nothing stored, one that is gone nothing now.
struct Change {
  std::string name;
  std::optional<std::int64_t> stored;
  std::optional<std::int64_t> now;

  // Zero when there is nothing to compare.
  [[nodiscard]] double percent() const;
};

// More than that is a regression; less is what a compiler may do by chance to a small function.
inline constexpr double kRiseMax = 15;

struct Comparison {
  std::vector<Change> changes;
  // Counted elsewhere, so that the changes tell of the platform as much as of the code.
  bool same_platform = true;

  [[nodiscard]] bool regressed() const;
  [[nodiscard]] std::string table() const;
};

[[nodiscard]] Comparison compare(const Counts& stored, const Counts& now);

}  // namespace orderflow::bench
