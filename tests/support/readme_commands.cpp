#include "tests/support/readme_commands.hpp"

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {

std::vector<ReadmeCommands> readme_commands(const std::string& markdown) {
  std::vector<ReadmeCommands> blocks;
  bool fenced = false;
  bool wanted = false;
  int number = 0;
  for (const std::string& line : lines_of(markdown)) {
    ++number;
    if (line.starts_with("```")) {
      wanted = !fenced && line == "```sh test";
      fenced = !fenced;
      if (wanted) blocks.push_back({number + 1, {}});
    } else if (wanted) {
      blocks.back().script += line + "\n";
    }
  }
  return blocks;
}

std::vector<ReadmeCommands> readme_commands() { return readme_commands(source_text("README.md")); }

}  // namespace orderflow::testing
