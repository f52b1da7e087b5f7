#pragma once

#include <string>
#include <vector>

namespace orderflow::testing {

// A file of the source tree, for the tests that read it.
struct SourceFile {
  std::string path;    // From the root, e.g. "core/values/uuid.hpp".
  std::string folder;  // Its first part, e.g. "core"; "." for files at the root.
  std::string text;

  [[nodiscard]] bool is_header() const { return path.ends_with(".hpp"); }
};

// Every *.cpp and *.hpp of the repository, sorted by path; builds and downloads left out.
[[nodiscard]] const std::vector<SourceFile>& source_files();

// A file of the source tree, by its path from the root. Fails the test when it is not there.
[[nodiscard]] std::string source_text(const std::string& path);

[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

struct Include {
  std::string target;  // As written between the quotes or brackets.
  bool own = false;    // In quotes: of this repository.
};

[[nodiscard]] std::vector<Include> includes_of(const std::string& text);

}  // namespace orderflow::testing
