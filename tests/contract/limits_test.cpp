// docs/limits.md lists every constant of the product that bounds something, with its value.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

using Constant = std::pair<std::string, std::string>;  // File, name.
using Constants = std::map<Constant, std::string>;     // Its value, as it is written.

const std::set<std::string> kProductFolders{"core",      "events",    "saga",     "domain",
                                            "producers", "consumers", "http-api", "tools",
                                            "compose",   "schemas"};

std::string without_namespaces(const std::string& value) {
  static const std::regex namespaces("(std|chrono|core|saga)::");
  return std::regex_replace(value, namespaces, "");
}

// Their names say that they bound something; others may be listed too.
bool must_be_listed(const std::string& name) {
  return name.ends_with("Max") || name.ends_with("Timeout") || name.ends_with("Deadline");
}

// Constants of a file or class, not of a function; settings stand in docs/settings.md.
Constants constants_in(const SourceFile& file) {
  static const std::regex constant_line(R"((?:^|\n)(?:inline |  static )?constexpr ([\w:<>]+) )"
                                        R"((k\w+)( =\s+|\{)([^;"]{1,120});)");
  Constants found;
  for (std::sregex_iterator match(file.text.begin(), file.text.end(), constant_line), end;
       match != end; ++match) {
    const std::string type = (*match)[1];
    if (type.find("Setting<") != std::string::npos) continue;
    std::string value = (*match)[4];
    if ((*match)[3] == "{") {  // seconds kName{3}: the type is part of the value.
      value = type + "{" + value;
    }
    found[{file.path, (*match)[2]}] = without_namespaces(value);
  }
  return found;
}

Constants constants_of_the_product() {
  Constants all;
  for (const auto& file : source_files()) {
    if (kProductFolders.contains(file.folder)) all.merge(constants_in(file));
  }
  return all;
}

Constants listed_constants() {
  static const std::regex row_line(R"(\| `([^`]+)` \| `(k\w+)` \| `([^`]+)` \| [^|]{10,} \|)");
  Constants listed;
  for (const auto& line : lines_of(source_text("docs/limits.md"))) {
    std::smatch match;
    if (std::regex_match(line, match, row_line)) listed[{match[1], match[2]}] = match[3];
  }
  return listed;
}

TEST_CASE("every limit of the code stands in docs/limits.md with its value") {
  const auto listed = listed_constants();
  for (const auto& [constant, value] : constants_of_the_product()) {
    INFO(constant.first << " " << constant.second << " = " << value);
    const auto row = listed.find(constant);
    if (row == listed.end()) {
      CHECK_FALSE(must_be_listed(constant.second));
    } else {
      CHECK(row->second == value);
    }
  }
}

TEST_CASE("docs/limits.md lists no limit that the code has not") {
  const auto known = constants_of_the_product();
  for (const auto& [constant, value] : listed_constants()) {
    INFO(constant.first << " " << constant.second);
    CHECK(known.contains(constant));
  }
}

TEST_CASE("the check of limits sees constants in every way they are written") {
  const SourceFile file{"core/x.hpp", "core",
                        "constexpr std::size_t kRowsMax = 20;\n"
                        "inline constexpr core::Duration kReadTimeout = std::chrono::seconds{5};\n"
                        "constexpr std::chrono::seconds kEndDeadline{3};\n"
                        "  static constexpr int kSegmentsMax = 8;\n"
                        "    constexpr int kLocalMax = 1;\n"
                        "inline constexpr core::Setting<int> kSettingMax{.name = \"X\"};\n"};
  const Constants expected{{{file.path, "kRowsMax"}, "20"},
                           {{file.path, "kReadTimeout"}, "seconds{5}"},
                           {{file.path, "kEndDeadline"}, "seconds{3}"},
                           {{file.path, "kSegmentsMax"}, "8"}};
  CHECK(constants_in(file) == expected);
}

}  // namespace
}  // namespace orderflow::testing
