// The table of topics is what README and AsyncAPI document.
#include "events/topics.hpp"

#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <string>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (const auto& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_search(line, match, regex)) found.insert(match[1]);
  }
  return found;
}

TEST_CASE("the table of topics is in the order of its enumeration") {
  for (std::size_t i = 0; i < events::kTopics.size(); ++i) {
    CHECK(static_cast<std::size_t>(events::kTopics[i].topic) == i);
  }
  const events::Topics topics("shop-");
  for (const auto& row : events::kTopics) {
    CHECK(topics[row.topic] == "shop-" + std::string(row.name));
  }
}

TEST_CASE("README lists the topics, their keys and what they carry") {
  const std::string readme = source_text("README.md");
  for (const auto& row : events::kTopics) {
    const std::string line = "| `" + std::string(row.name) + "` | " + std::string(row.key) + " | " +
                             std::string(row.carries) + " |";
    INFO(line);
    CHECK(readme.find(line) != std::string::npos);
  }
}

TEST_CASE("asyncapi.yaml has a channel for each topic, and names its key") {
  const std::string document = source_text("schemas/asyncapi/asyncapi.yaml");
  const std::string name = R"(([a-z]+\.[a-z]+)$)";
  std::set<std::string> names;
  for (const auto& row : events::kTopics) {
    names.emplace(row.name);
    const auto channel = document.find("address: " + std::string(row.name));
    REQUIRE(channel != std::string::npos);
    const auto key = document.find("Key: " + std::string(row.key), channel);
    INFO(row.name);
    CHECK(key < document.find("messages:", channel));
  }
  CHECK(matches(document, "^    address: " + name) == names);
  CHECK(matches(document, "^        topic: " + name) == names);
}

}  // namespace
}  // namespace orderflow::testing
