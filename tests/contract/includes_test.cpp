// Dependencies point inward: http-api, consumers, producers -> saga, domain -> events -> core. What
// is decided (saga's decisions, domain's rules) knows no Kafka, no HTTP, no database, no clock, no
// chance.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

// What each folder may include besides itself; folders not named may include anything.
const std::map<std::string, std::set<std::string>> kInward{
    {"core", {}},
    {"events", {"core"}},
    {"schemas", {"events", "core"}},
    {"compose", {"events", "core"}},
    {"domain", {"events", "core"}},
    {"saga", {"events", "core"}},
    {"producers", {"saga", "domain", "events", "core"}},
    {"consumers", {"producers", "saga", "domain", "events", "core"}},
    {"http-api", {"producers", "saga", "domain", "events", "core", "schemas"}},
    {"tools",
     {"http-api", "consumers", "producers", "saga", "domain", "events", "core", "schemas"}},
};

// The complaint about one file, empty when its includes point inward.
std::string outward_includes(const SourceFile& file) {
  const auto allowed = kInward.find(file.folder);
  std::string complaint;
  for (const auto& include : includes_of(file.text)) {
    if (!include.own) continue;
    const auto slash = include.target.find('/');
    const std::string folder = include.target.substr(0, slash);
    if (slash == std::string::npos) {
      complaint += file.path + " includes " + include.target + " without its folder\n";
    } else if (allowed != kInward.end() && folder != file.folder &&
               !allowed->second.contains(folder)) {
      complaint += file.path + " includes " + include.target + ", which points outward\n";
    }
  }
  return complaint;
}

bool is_decision(const std::string& path) {
  static const std::regex decisions(R"(saga/(engine|order)/.*|domain/.*)");
  static const std::regex outside(R"(domain/(\w+/(rows|reads)\.[hc]pp|settings\.hpp))");
  return std::regex_match(path, decisions) && !std::regex_match(path, outside);
}

// Everything a file includes, its own headers followed.
std::set<std::string> closure(const std::string& path) {
  std::set<std::string> seen;
  std::vector<std::string> open{path};
  while (!open.empty()) {
    const std::string current = open.back();
    open.pop_back();
    for (const auto& include : includes_of(source_text(current))) {
      if (seen.insert(include.target).second && include.own) open.push_back(include.target);
    }
  }
  return seen;
}

bool is_impure(const std::string& include) {
  static const std::regex impure(
      "librdkafka/.*|boost/(asio|beast).*|pqxx/?.*|libpq.*|postgresql/.*|random|ctime|time\\.h|"
      "sys/.*|unistd\\.h|fstream|thread|core/(kafka|pg|async|settings)/.*|"
      "core/observe/(log|metrics|health).*");
  return std::regex_match(include, impure);
}

bool is_foreign_to_supervisor(const std::string& include) {
  static const std::regex known(
      "core/(values|testing)/.*|core/settings/arguments.hpp|events/(roles|topics).hpp|compose/"
      ".*|[^/]*|(sys|arpa|netinet)/.*|"
      "nlohmann/.*|tl/.*|CLI/.*");
  return !std::regex_match(include, known);
}

TEST_CASE("includes point inward") {
  REQUIRE(source_files().size() > 50);
  for (const auto& file : source_files()) {
    const std::string complaint = outward_includes(file);
    INFO(complaint);
    CHECK(complaint.empty());
  }
}

TEST_CASE("the check of includes sees an outward one") {
  CHECK_FALSE(
      outward_includes({"core/x.cpp", "core", "#include \"saga/order/state.hpp\"\n"}).empty());
  CHECK_FALSE(
      outward_includes({"saga/x.cpp", "saga", "  # include \"domain/payments/payments.hpp\"\n"})
          .empty());
  CHECK_FALSE(outward_includes({"saga/x.cpp", "saga", "#include \"state.hpp\"\n"}).empty());
  CHECK(outward_includes({"saga/x.cpp", "saga", "#include \"events/codec.hpp\"\n"}).empty());
  CHECK(outward_includes({"bench/x.cpp", "bench", "#include \"http-api/server/server.hpp\"\n"})
            .empty());
}

TEST_CASE("decisions and rules include nothing from outside") {
  int checked = 0;
  for (const auto& file : source_files()) {
    if (!is_decision(file.path)) continue;
    ++checked;
    for (const auto& include : closure(file.path)) {
      INFO(file.path << " includes " << include);
      CHECK_FALSE(is_impure(include));
    }
  }
  CHECK(checked > 10);
}

// Whoever encodes or decodes a message compiles no client of any broker.
TEST_CASE("messages know no Kafka") {
  int checked = 0;
  for (const auto& file : source_files()) {
    if (file.folder != "events") continue;
    ++checked;
    for (const auto& include : closure(file.path)) {
      INFO(file.path << " includes " << include);
      CHECK_FALSE((include.starts_with("librdkafka/") || include.starts_with("core/kafka/")));
    }
  }
  CHECK(checked >= 4);
}

// A saga's shape, its policy and what its engine is made of know no order.
TEST_CASE("the engine of sagas does not know the order saga") {
  int checked = 0;
  for (const auto& file : source_files()) {
    if (!file.path.starts_with("saga/engine/")) continue;
    ++checked;
    for (const auto& include : closure(file.path)) {
      INFO(file.path << " includes " << include);
      CHECK_FALSE((include.starts_with("saga/order/") || include.starts_with("saga/store/") ||
                   include.starts_with("events/")));
    }
  }
  CHECK(checked >= 3);
}

// It starts before they do, and outlives them.
TEST_CASE("the supervisor knows neither Kafka nor PostgreSQL nor the program") {
  for (const auto& file : source_files()) {
    if (file.folder != "compose") continue;
    for (const auto& include : closure(file.path)) {
      INFO(file.path << " includes " << include);
      CHECK_FALSE(is_foreign_to_supervisor(include));
    }
  }
}

// A type such as core::Time needs <chrono>, so the header alone proves nothing; the calls do.
TEST_CASE("decisions and rules ask no clock and throw no dice") {
  static const std::regex calls(
      "\\b(process_now|new_\\w+_id|new_uuid_v7|new_traceparent|child_traceparent|rand|getenv)\\s*"
      "\\(|"
      "_clock::now|random_device");
  for (const auto& file : source_files()) {
    if (!is_decision(file.path)) continue;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, calls));
  }
}

// There they are told what they belong to (events/ids.hpp).
TEST_CASE("ids are made in one place") {
  static const std::regex makers("\\b(new_uuid_v7|derived_uuid)\\s*\\(");
  for (const auto& file : source_files()) {
    const bool place = file.path.starts_with("core/") || file.path == "events/ids.cpp";
    if (!kInward.contains(file.folder) || place) continue;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, makers));
  }
}

// A process's own clock may be wrong, and jump: it is for what people read and for ids.
TEST_CASE("owners decide by the database's clock") {
  static const std::regex calls("process_now\\s*\\(|system_clock::now");
  const std::map<std::string, std::ptrdiff_t> allowed{
      {"core/values/time.hpp", 2},  // What it is.
      {"core/pg/clock.hpp", 1},     // Before the database has said its time.
      {"core/observe/log.cpp", 1}, {"core/values/uuid.cpp", 1},
      {"events/codec.cpp", 1},  // The header ce_time.
  };
  for (const auto& file : source_files()) {
    if (!kInward.contains(file.folder) || file.folder == "compose") continue;
    const auto found = allowed.find(file.path);
    const std::sregex_iterator uses(file.text.begin(), file.text.end(), calls);
    INFO(file.path);
    CHECK(std::distance(uses, {}) == (found == allowed.end() ? 0 : found->second));
  }
}

}  // namespace
}  // namespace orderflow::testing
