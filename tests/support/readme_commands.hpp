#pragma once

#include <string>
#include <vector>

namespace orderflow::testing {

// A block of shell commands of the README that a test executes: fenced as ```sh test. Blocks run in
// the order they stand in, in one shell each, against a running system, and must exit with 0.
struct ReadmeCommands {
  int line = 0;  // Of the first command.
  std::string script;
};

// The blocks of a Markdown text.
[[nodiscard]] std::vector<ReadmeCommands> readme_commands(const std::string& markdown);

// Those of README.md in the source tree.
[[nodiscard]] std::vector<ReadmeCommands> readme_commands();

}  // namespace orderflow::testing
