// Rules of style that a person should not have to look for.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

constexpr std::size_t kLinesMax = 500;
constexpr std::size_t kColumnsMax = 100;

// Characters as a person counts them, not bytes.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Built from halves so that this file does not find itself.
const std::string kUnfinished = std::string("TO") + "DO|FIX" + "ME|XX" + "X";
const std::regex kUnfinishedWord("\\b(" + kUnfinished + ")\\b");
const std::regex kSwallowed(R"(catch\s*\([^)]*\)\s*\{\s*\})");
const std::regex kSleep(R"(\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\()");

std::string line_problem(const std::string& line) {
  if (line.find('\t') != std::string::npos) return "has a tab";
  if (line.ends_with('\r')) return "ends with a carriage return";
  if (line.ends_with(' ')) return "ends with a space";
  if (columns(line) > kColumnsMax) return "is longer than 100 columns";
  if (std::regex_search(line, kUnfinishedWord)) return "says that something is unfinished";
  return {};
}

std::vector<std::string> problems_of(const SourceFile& file) {
  std::vector<std::string> found;
  const auto lines = lines_of(file.text);
  if (lines.size() > kLinesMax) found.push_back(file.path + " has more than 500 lines");
  if (!file.text.ends_with('\n')) found.push_back(file.path + " does not end with a newline");
  const bool guarded = std::find(lines.begin(), lines.end(), "#pragma once") != lines.end();
  if (file.is_header() && !guarded) found.push_back(file.path + " has no #pragma once");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string problem = line_problem(lines[i]);
    if (!problem.empty()) {
      found.push_back(file.path + ":" + std::to_string(i + 1) + " " + problem);
    }
  }
  if (std::regex_search(file.text, kSwallowed)) {
    found.push_back(file.path + " swallows an exception without a word");
  }
  const bool test = file.folder == "tests" && !file.path.starts_with("tests/support/");
  if (test && std::regex_search(file.text, kSleep)) {
    found.push_back(file.path + " sleeps; wait for what it waits for (tests/support/wait.hpp)");
  }
  return found;
}

TEST_CASE("the code keeps the rules of style") {
  for (const auto& file : source_files()) {
    for (const auto& problem : problems_of(file)) FAIL_CHECK(problem);
  }
}

TEST_CASE("the check of style sees what is wrong") {
  const auto count = [](const std::string& path, const std::string& text) {
    return problems_of({path, path.substr(0, path.find('/')), text}).size();
  };
  CHECK(count("core/x.hpp", "#pragma once\n") == 0);
  CHECK(count("core/x.hpp", "int x;\n") == 1);
  CHECK(count("core/x.cpp", "\tint x;\n") == 1);
  CHECK(count("core/x.cpp", "int x; \n") == 1);
  CHECK(count("core/x.cpp", "int x;") == 1);
  CHECK(count("core/x.cpp", std::string(101, 'x') + "\n") == 1);
  CHECK(count("core/x.cpp", "// " + std::string("TO") + "DO later\n") == 1);
  CHECK(count("core/x.cpp", std::string("try {\n} catch (") + "...) {\n}\n") == 1);
  CHECK(count("tests/unit/x.cpp", std::string("sleep_") + "for(1s);\n") == 1);
  CHECK(count("core/x.cpp", std::string(501, '\n')) == 1);
}

}  // namespace
}  // namespace orderflow::testing
