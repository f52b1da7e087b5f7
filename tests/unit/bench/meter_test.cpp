#include "bench/meter.hpp"

#include <catch2/catch_test_macros.hpp>

using orderflow::bench::Spent;

TEST_CASE("what a load cost is the difference of two readings") {
  const Spent before{{{"transactions", 100}}, {{"orders.inbox", 10}}, {{"api", 1000, 50}}};
  const Spent after{{{"transactions", 130}}, {{"orders.inbox", 40}}, {{"api", 4000, 70}}};
  const Spent cost = after - before;
  CHECK(cost.database.at("transactions") == 30);
  CHECK(cost.records.at("orders.inbox") == 30);
  REQUIRE(cost.processes.size() == 1);
  CHECK(cost.processes[0].cpu_us == 3000);
  CHECK(cost.processes[0].memory_bytes == 70);  // As it is at the end.
}

TEST_CASE("a process that was restarted in between has no cost to tell") {
  const Spent before{{}, {}, {{"api", 5000, 50}, {"payments", 10, 1}}};
  const Spent after{{}, {}, {{"api", 100, 50}, {"delivery", 10, 1}}};
  CHECK((after - before).processes.empty());
}
