#include "tests/support/source_tree.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string_view>

#include "tests/support/process.hpp"

namespace orderflow::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 12> kFolders{"core",      "events",    "domain",   "saga",
                                                    "producers", "consumers", "http-api", "schemas",
                                                    "tools",     "compose",   "bench",    "tests"};

void add(std::vector<SourceFile>& files, const fs::path& file) {
  if (file.extension() != ".cpp" && file.extension() != ".hpp") return;
  const std::string path = fs::relative(file, ORDERFLOW_SOURCE_DIR).generic_string();
  const auto slash = path.find('/');
  files.push_back(
      {path, slash == std::string::npos ? "." : path.substr(0, slash), read_text(file)});
}

std::vector<SourceFile> find_files() {
  std::vector<SourceFile> files;
  const fs::path root = ORDERFLOW_SOURCE_DIR;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file()) add(files, entry.path());
  }
  for (const auto folder : kFolders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) add(files, entry.path());
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace

const std::vector<SourceFile>& source_files() {
  static const std::vector<SourceFile> files = find_files();
  return files;
}

std::string source_text(const std::string& path) {
  const fs::path file = fs::path(ORDERFLOW_SOURCE_DIR) / path;
  if (!fs::is_regular_file(file)) FAIL(path << " is missing");
  return read_text(file);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> found;
  for (const std::string& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_search(line, match, pattern)) found.push_back({match[2], match[1] == "\""});
  }
  return found;
}

}  // namespace orderflow::testing
