#include "tests/support/readme_blocks.hpp"

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {

std::vector<ReadmeBlock> readme_blocks(std::string_view fence, const std::string& markdown) {
  const std::string opening = "```" + std::string(fence);
  std::vector<ReadmeBlock> blocks;
  bool fenced = false;
  bool wanted = false;
  int number = 0;
  for (const std::string& line : lines_of(markdown)) {
    ++number;
    if (line.starts_with("```")) {
      wanted = !fenced && line == opening;
      fenced = !fenced;
      if (wanted) blocks.push_back({number + 1, {}});
    } else if (wanted) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

std::vector<ReadmeBlock> readme_blocks(std::string_view fence) {
  return readme_blocks(fence, source_text("README.md"));
}

}  // namespace orderflow::testing
