// A room is a sub-folder of a module. Which rooms of its own module a room may include stands here,
// so that a new line finds its place by what it knows: nothing of orders in core and in
// http-api/server, one bounded context in that context's room, several in http-api/admin,
// http-api/live and tools.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>
#include <string>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

using Rooms = std::map<std::string, std::set<std::string>>;

// By module, then room: the other rooms of the module that it may include. A module's root knows
// all of its rooms; what stands in the root any room may use.
const std::map<std::string, Rooms> kRooms{
    {"core",
     {{"values", {}},
      {"json", {"values"}},
      {"settings", {"values"}},
      {"testing", {"values"}},
      {"observe", {"values", "settings"}},
      {"net", {"values", "observe"}},
      {"async", {"values", "observe"}},
      {"pg", {"values", "settings", "testing", "async"}},
      {"kafka", {"values", "settings", "observe"}}}},
    {"domain",
     {{"payments", {}}, {"delivery", {}}, {"catalogue", {}}, {"identity", {}}, {"trail", {}}}},
    {"saga", {{"engine", {}}, {"order", {"engine"}}, {"store", {"engine", "order"}}}},
    {"consumers", {{"runtime", {}}, {"sagas", {"runtime"}}, {"participants", {"runtime"}}}},
    {"http-api",
     {{"server", {}},
      {"middleware", {"server"}},
      {"live", {"server"}},
      {"docs", {"server"}},
      {"health", {"server", "middleware"}},
      {"people", {"server", "middleware"}},
      {"deliveries", {"server", "middleware"}},
      {"catalogue", {"server", "middleware"}},
      {"orders", {"server", "middleware", "live"}},
      // Paying and refunding are requests to the order's owner.
      {"payments", {"server", "middleware", "orders"}},
      {"admin", {"server", "middleware", "orders"}}}},
};

// These know no bounded context.
const std::set<std::string> kKnowNoContext{"http-api/server", "http-api/middleware",
                                           "consumers/runtime"};
const std::set<std::string> kContextModules{"saga", "domain"};

struct Place {
  std::string module;
  std::string room;  // Empty: the module's root.
};

Place place_of(const std::string& path) {
  const auto first = path.find('/');
  if (first == std::string::npos) return {path, ""};
  const auto second = path.find('/', first + 1);
  if (second == std::string::npos) return {path.substr(0, first), ""};
  return {path.substr(0, first), path.substr(first + 1, second - first - 1)};
}

// What is wrong with where a file stands and what it includes; empty when nothing is.
std::string misplaced(const SourceFile& file) {
  const Place here = place_of(file.path);
  const auto module = kRooms.find(here.module);
  if (module == kRooms.end() || here.room.empty()) return {};
  const auto room = module->second.find(here.room);
  if (room == module->second.end()) {
    return file.path + " stands in a room that this test does not know\n";
  }
  std::string complaint;
  const bool general = kKnowNoContext.contains(here.module + "/" + here.room);
  for (const auto& include : includes_of(file.text)) {
    if (!include.own) continue;
    const Place there = place_of(include.target);
    const bool own_module = there.module == here.module && !there.room.empty();
    const bool wrong_room =
        own_module && there.room != here.room && !room->second.contains(there.room);
    if (wrong_room || (general && kContextModules.contains(there.module))) {
      complaint += file.path + " includes " + include.target + ", which its room may not know\n";
    }
  }
  return complaint;
}

TEST_CASE("each room includes only what it may know") {
  for (const auto& file : source_files()) {
    const std::string complaint = misplaced(file);
    INFO(complaint);
    CHECK(complaint.empty());
  }
}

TEST_CASE("the check of rooms sees what is misplaced") {
  const auto wrong = [](const std::string& path, const std::string& target) {
    return !misplaced({path, path.substr(0, path.find('/')), "#include \"" + target + "\"\n"})
                .empty();
  };
  CHECK(wrong("http-api/people/x.cpp", "http-api/payments/payments.hpp"));
  CHECK(wrong("http-api/server/x.cpp", "saga/order/state.hpp"));
  CHECK(wrong("http-api/server/x.cpp", "http-api/orders/orders.hpp"));
  CHECK(wrong("core/values/x.hpp", "core/pg/session.hpp"));
  CHECK(wrong("http-api/loyalty/x.cpp", "core/values/uuid.hpp"));
  CHECK_FALSE(wrong("http-api/people/x.cpp", "http-api/server/http.hpp"));
  CHECK_FALSE(wrong("http-api/api_role.cpp", "http-api/people/people.hpp"));
  CHECK_FALSE(wrong("consumers/sagas/x.cpp", "saga/order/state.hpp"));
}

// A room that nobody is in any more would let the next one in without a thought.
TEST_CASE("each room that the check knows is there") {
  for (const auto& [module, rooms] : kRooms) {
    for (const auto& [room, allowed] : rooms) {
      const std::string prefix = module + "/" + room + "/";
      bool found = false;
      for (const auto& file : source_files()) found |= file.path.starts_with(prefix);
      INFO(prefix);
      CHECK(found);
    }
  }
}

}  // namespace
}  // namespace orderflow::testing
