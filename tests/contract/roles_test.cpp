// What cannot include the table of roles (SQL, bash, documents, scrape targets) agrees with it.
#include "events/roles.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "events/topics.hpp"
#include "schemas/embedded.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

using events::kOwners;
using events::kRoles;
using events::Role;

// The port that everything else's default follows from, and the metrics ports' base beside it.
constexpr int kHttpPort = 8080;
constexpr int kMetricsBase = 9080;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// "orchestrator, payments and delivery"
std::string owners_in_words() {
  std::string words;
  for (std::size_t i = 0; i < kOwners.size(); ++i) {
    if (i > 0) words += i + 1 == kOwners.size() ? " and " : ", ";
    words += kOwners.at(i).name;
  }
  return words;
}

std::string table_row(const Role& role) {
  const auto code = [](std::string_view text) {
    return text.empty() ? std::string("-") : "`" + std::string(text) + "`";
  };
  return "| `" + std::string(role.name) + "` | " + code(role.topic) + " | " + code(role.schema) +
         " | " +
         (role.metrics_port_offset == 0
              ? "HTTP port"
              : "metrics base + " + std::to_string(role.metrics_port_offset)) +
         " | " + (role.in_all ? "yes" : "no") + " |";
}

TEST_CASE("names and ports of roles are distinct") {
  std::set<std::string_view> names;
  std::set<int> ports;
  for (const Role& role : kRoles) {
    CHECK(names.insert(role.name).second);
    CHECK(ports.insert(role.metrics_port_offset).second);
    CHECK(role.topic.empty() == role.schema.empty());
    CHECK(role.database_role.empty() == role.schema.empty());
  }
}

TEST_CASE("each owner consumes a topic that owners serve") {
  std::set<std::string_view> consumed;
  for (const Role& owner : kOwners) {
    INFO(owner.name);
    CHECK(std::any_of(events::kTopics.begin(), events::kTopics.end(),
                      [&](const auto& topic) { return topic.name == owner.topic && topic.owned; }));
    CHECK(consumed.insert(owner.topic).second);
  }
  CHECK(std::count_if(events::kTopics.begin(), events::kTopics.end(), [](const auto& topic) {
          return topic.owned;
        }) == static_cast<std::ptrdiff_t>(kOwners.size()));
}

TEST_CASE("each owner has a table of partitions and a database role") {
  std::string sql;
  for (const auto& migration : schemas::migrations()) sql += migration.sql;
  for (const Role& owner : kOwners) {
    INFO(owner.name);
    CHECK(contains(sql, "CREATE TABLE " + std::string(owner.schema) + ".partitions ("));
    // 0001_installation.sql makes a role of this name for each context.
    CHECK(owner.database_role == "orderflow_" + std::string(owner.schema));
    CHECK(contains(sql, "'" + std::string(owner.schema) + "'"));
  }
}

TEST_CASE("the table of roles in events/README.md is that of the program") {
  std::vector<std::string> expected;
  for (const Role& role : kRoles) expected.push_back(table_row(role));
  std::vector<std::string> found;
  for (const auto& line : lines_of(source_text("events/README.md"))) {
    if (contains(line, " base + ") || contains(line, "| HTTP port |")) found.push_back(line);
  }
  CHECK(found == expected);
}

TEST_CASE("settings and help name the roles that ORDERFLOW_PROCESSES multiplies") {
  std::string help = source_text("orderflow");
  std::replace(help.begin(), help.end(), '\n', ' ');
  CHECK(contains(help, owners_in_words()));
  CHECK(contains(source_text("docs/settings.md"), owners_in_words()));
}

// Scripts ask the supervisor's program which roles there are, and where.
TEST_CASE("no script of ./orderflow lists roles") {
  for (const auto& file :
       std::filesystem::directory_iterator(ORDERFLOW_SOURCE_DIR "/compose/local")) {
    const std::string name = file.path().filename();
    int named = 0;
    const auto text = source_text("compose/local/" + name);
    for (const Role& owner : kOwners) named += contains(text, std::string(owner.name)) ? 1 : 0;
    INFO(name);
    CHECK(named < 2);
  }
}

TEST_CASE("the scrape targets are the roles of an installation") {
  std::string targets = "\"127.0.0.1:" + std::to_string(kHttpPort) + "\"";
  for (const Role& role : kRoles) {
    if (!role.in_all || role.metrics_port_offset == 0) continue;
    targets += ", \"127.0.0.1:" + std::to_string(kMetricsBase + role.metrics_port_offset) + "\"";
  }
  const auto document = source_text("dashboards/README.md");
  CHECK(contains(document, "[" + targets + "]"));
  CHECK(contains(document, owners_in_words()));
}

}  // namespace
}  // namespace orderflow::testing
