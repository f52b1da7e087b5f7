#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderflow::testing {

// A fenced block of the README that a test uses. Those fenced as ```sh test are shell commands:
// they run in the order they stand in, in one shell each, against a running system, and must exit
// with 0. Those fenced as ```diff test are, together, a change of the source tree.
struct ReadmeBlock {
  int line = 0;  // Of its first line.
  std::string text;
};

// The blocks of a Markdown text that are fenced so, e.g. "sh test".
[[nodiscard]] std::vector<ReadmeBlock> readme_blocks(std::string_view fence,
                                                     const std::string& markdown);

// Those of README.md in the source tree.
[[nodiscard]] std::vector<ReadmeBlock> readme_blocks(std::string_view fence);

}  // namespace orderflow::testing
