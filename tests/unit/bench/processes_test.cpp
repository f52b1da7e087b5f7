#include "bench/processes.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

using orderflow::bench::measure;
using orderflow::bench::parse_stat;
using orderflow::bench::role_of_command;

TEST_CASE("a process's times are found behind a name with spaces and brackets") {
  const auto stat = parse_stat(
      "42 (a) b (c)) S 7 42 42 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 5 0 1000 1 2 3\n");
  REQUIRE(stat);
  CHECK(stat->parent == 7);
  CHECK(stat->own_ticks == 33);
  CHECK(stat->reaped_ticks == 77);
}

TEST_CASE("a stat line of a process that just vanished is nothing") {
  CHECK_FALSE(parse_stat(""));
  CHECK_FALSE(parse_stat("42 (name) S 1"));
}

TEST_CASE("the machine's busy time leaves waiting out") {
  using orderflow::bench::parse_busy_us;
  CHECK(parse_busy_us("cpu  1 2 3 1000 1000 4 5 0 0 0\ncpu0 9 9 9 9 9 9 9\n") == 15 * 10'000);
  CHECK(parse_busy_us("") == 0);
  CHECK(orderflow::bench::machine_busy_us() > 0);
}

TEST_CASE("command lines name their roles") {
  using namespace std::string_literals;
  CHECK(role_of_command("/x/orderflow\0api\0"s) == "api");
  CHECK(role_of_command("orderflow\0orchestrator\0--log-level=warning\0"s) == "orchestrator");
  CHECK(role_of_command("/usr/lib/postgresql/15/bin/postgres\0-D\0/data\0"s) == "postgres");
  CHECK(role_of_command("java\0-cp\0libs/*\0kafka.Kafka\0server.properties\0"s) == "kafka");
  CHECK(role_of_command("orderflow\0bench\0"s).empty());
  CHECK(role_of_command("postgres: orderflow orderflow [local] idle\0"s).empty());
  CHECK(role_of_command(""s).empty());
}

TEST_CASE("this very process can be measured, one that does not exist is left out") {
  const auto usages = measure({{"self", getpid()}, {"gone", 0x7fffffff}});
  REQUIRE(usages.size() == 1);
  CHECK(usages[0].name == "self");
  CHECK(usages[0].memory_bytes > 0);
}
