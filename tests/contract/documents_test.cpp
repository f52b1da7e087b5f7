// What is written down about settings, metrics and seed data is what the program has.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "core/values/uuid.hpp"
#include "schemas/seed.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/process.hpp"
#include "tests/support/readme_blocks.hpp"
#include "tests/support/source_tree.hpp"
#include "tools/all_settings.hpp"

namespace orderflow::testing {
namespace {

// ---- metrics ------------------------------------------------------------------------------------

// Names given to core::Metrics, without the prefix: the first text in counter(...), gauge(...) and
// histogram(...), and any other text that ends as only a metric's name does.
std::set<std::string> metrics_in_code() {
  static const std::regex direct(R"re(\b(?:counter|gauge|histogram)\(\s*"([a-z0-9_]+)")re");
  static const std::regex by_suffix(R"re("([a-z][a-z0-9_]*_total)")re");
  const std::set<std::string> without{"tests", "bench", "compose"};
  std::set<std::string> names;
  for (const auto& file : source_files()) {
    if (without.contains(file.folder)) continue;
    for (const auto* pattern : {&direct, &by_suffix}) {
      const std::sregex_iterator end;
      for (std::sregex_iterator it(file.text.begin(), file.text.end(), *pattern); it != end; ++it) {
        names.insert((*it)[1]);
      }
    }
  }
  return names;
}

std::set<std::string> metrics_in_document() {
  static const std::regex row(R"(^\| `orderflow_([a-z0-9_]+)` \|)");
  std::set<std::string> names;
  for (const auto& line : lines_of(source_text("docs/metrics.md"))) {
    std::smatch match;
    if (std::regex_search(line, match, row)) CHECK(names.insert(match[1]).second);
  }
  return names;
}

TEST_CASE("docs/metrics.md lists the metrics of the code, and no others") {
  const auto code = metrics_in_code();
  const auto document = metrics_in_document();
  CHECK(code.size() > 15);
  for (const auto& name : code) {
    INFO(name << " has no line in docs/metrics.md");
    CHECK(document.contains(name));
  }
  for (const auto& name : document) {
    INFO(name << " is in docs/metrics.md, but not in the code");
    CHECK(code.contains(name));
  }
}

// ---- settings -----------------------------------------------------------------------------------

// A row of docs/settings.md, as it must be for a setting.
std::string row_of(const core::AnySetting& setting) {
  const std::string value(setting.default_value());
  return "| `" + std::string(setting.name()) + "` | `--" + core::flag_of(setting.name()) + "` | " +
         (value.empty() ? "" : "`" + value + "`") + " | " + std::string(setting.help()) + " |";
}

TEST_CASE("docs/settings.md lists the modules' settings, and no others") {
  std::vector<std::string> wanted;
  for (const auto& setting : tools::all_settings().settings) wanted.push_back(row_of(setting));
  std::vector<std::string> found;
  bool inside = false;
  for (const auto& line : lines_of(source_text("docs/settings.md"))) {
    if (line.starts_with("| setting | flag | default | meaning |")) {
      inside = true;
    } else if (inside && line.starts_with("| `")) {
      found.push_back(line);
    } else if (!line.starts_with("|")) {
      inside = false;
    }
  }
  for (const auto& row : wanted) {
    INFO("missing in docs/settings.md, paste it: " << row);
    CHECK(std::find(found.begin(), found.end(), row) != found.end());
  }
  for (const auto& row : found) {
    INFO("no such setting or another default: " << row);
    CHECK(std::find(wanted.begin(), wanted.end(), row) != wanted.end());
  }
  CHECK(found == wanted);
}

// One that is declared and not assembled would end the program at its first use.
TEST_CASE("every setting that a module declares is assembled") {
  static const std::regex declared(R"re(Setting<[^;{]*> k\w+\{\s*\.name = "(\w+)")re");
  std::set<std::string> assembled;
  for (const auto& setting : tools::all_settings().settings) {
    INFO(setting.name());
    CHECK(assembled.emplace(setting.name()).second);
  }
  std::set<std::string> found;
  for (const auto& file : source_files()) {
    if (file.folder == "tests") continue;
    const std::sregex_iterator end;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), declared); it != end; ++it) {
      found.insert((*it)[1]);
    }
  }
  CHECK(found == assembled);
}

// ---- seed data ----------------------------------------------------------------------------------

std::string cents(std::int64_t amount) {
  const std::string minor = std::to_string(amount % 100);
  return std::to_string(amount / 100) + (minor.size() < 2 ? ".0" : ".") + minor;
}

TEST_CASE("the README lists the seed data") {
  const std::string readme = source_text("README.md");
  for (const auto& user : schemas::seed_users()) {
    const std::string row = "| `" + std::string(user.id) + "` | " + std::string(user.username) +
                            " | " + cents(user.opening) + " |";
    INFO(row);
    CHECK(readme.find(row) != std::string::npos);
  }
  for (const auto& product : schemas::seed_products()) {
    const std::string row = "| `" + std::string(product.id) + "` | " + std::string(product.name) +
                            " | " + std::string(product.category) + " | " + cents(product.price) +
                            (product.available ? "" : " (not available)") + " |";
    INFO(row);
    CHECK(readme.find(row) != std::string::npos);
  }
}

TEST_CASE("the seed data is what the stories need") {
  std::map<std::string_view, int> by_category;
  int unavailable = 0;
  std::set<std::string_view> ids;
  for (const auto& product : schemas::seed_products()) {
    ++by_category[product.category];
    unavailable += product.available ? 0 : 1;
    CHECK(core::Uuid::parse(product.id));
    CHECK(ids.insert(product.id).second);
  }
  CHECK(schemas::seed_products().size() >= 12);
  CHECK(by_category.size() >= 4);
  CHECK(unavailable == 1);
  for (const auto& user : schemas::seed_users()) CHECK(core::Uuid::parse(user.id));
  // Alice pays 299.99 and keeps 200.01.
  CHECK(schemas::seed_users()[0].opening - schemas::seed_products()[0].price == 20001);
}

// ---- commands -----------------------------------------------------------------------------------

TEST_CASE("the README has commands that a test runs") {
  const auto blocks = readme_blocks("sh test");
  CHECK(blocks.size() >= 3);
  for (const auto& block : blocks) {
    INFO("README.md:" << block.line);
    CHECK_FALSE(block.text.empty());
    CHECK(block.text.find("./orderflow up") == std::string::npos);
  }
}

TEST_CASE("only blocks marked for it are run") {
  const auto blocks = readme_blocks(
      "sh test", "text\n```sh\nno\n```\n```sh test\none\ntwo\n```\n```text\n```sh test\nno\n```\n");
  REQUIRE(blocks.size() == 1);
  CHECK((blocks[0].line == 6 && blocks[0].text == "one\ntwo\n"));
}

TEST_CASE("the README's recipe for a new step fits the sources") {
  std::string patch;
  for (const auto& block : readme_blocks("diff test")) patch += block.text;
  REQUIRE_FALSE(patch.empty());
  const TemporaryFolder folder("recipe");
  const auto file = folder.path() / "recipe.patch";
  std::ofstream(file) << patch;
  const auto done = run_command({"git", "apply", "--check", file.string()}, neutral_environment(),
                                ORDERFLOW_SOURCE_DIR);
  INFO(done.output);
  CHECK(done.exit_code == 0);
}

// ---- correctness --------------------------------------------------------------------------------

// Names that stand between quotes in lists of docs/correctness.md; code and prose quote nothing.
std::set<std::string> tests_in_document() {
  static const std::regex quoted("\"([^\"]+)\"");
  std::set<std::string> names;
  const std::string text = source_text("docs/correctness.md");
  const std::sregex_iterator end;
  for (std::sregex_iterator it(text.begin(), text.end(), quoted); it != end; ++it) {
    names.insert((*it)[1]);
  }
  return names;
}

// The names of all test cases; one that is built from several literals counts as a whole.
std::set<std::string> tests_in_code() {
  static const std::regex test_case("\\bTEST_CASE\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*)+)");
  static const std::regex literal("\"((?:[^\"\\\\]|\\\\.)*)\"");
  const std::sregex_iterator end;
  std::set<std::string> names;
  for (const auto& file : source_files()) {
    if (file.folder != "tests") continue;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), test_case); it != end; ++it) {
      const std::string literals = (*it)[1];
      std::string name;
      for (std::sregex_iterator part(literals.begin(), literals.end(), literal); part != end;
           ++part) {
        name += (*part)[1];
      }
      names.insert(name);
    }
  }
  return names;
}

TEST_CASE("every test that docs/correctness.md names exists") {
  const auto code = tests_in_code();
  const auto document = tests_in_document();
  CHECK(code.size() > 200);
  CHECK(document.size() > 40);
  for (const auto& name : document) {
    INFO("docs/correctness.md names the test \"" << name << "\", which does not exist");
    CHECK(code.contains(name));
  }
}

// The mutation check would say so too, an hour later.
TEST_CASE("every test that a patch of tests/mutation names exists") {
  static const std::string notice = "Noticed by: ";
  const auto code = tests_in_code();
  int patches = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(ORDERFLOW_SOURCE_DIR "/tests/mutation")) {
    if (entry.path().extension() != ".patch") continue;
    ++patches;
    int notices = 0;
    const std::string path = "tests/mutation/" + entry.path().filename().string();
    for (const auto& line : lines_of(source_text(path))) {
      if (!line.starts_with(notice)) continue;
      ++notices;
      const auto name = line.substr(std::min(line.find(": ", notice.size()) + 2, line.size()));
      INFO(path << " names the test \"" << name << "\", which does not exist");
      CHECK(code.contains(name));
    }
    INFO(path);
    CHECK(notices > 0);
  }
  CHECK(patches >= 16);
}

}  // namespace
}  // namespace orderflow::testing
