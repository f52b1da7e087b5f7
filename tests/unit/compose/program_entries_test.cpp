#include "compose/program_entries.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/values/failure.hpp"
#include "events/roles.hpp"

using namespace orderflow::compose;
namespace events = orderflow::events;

namespace {

ProgramOptions options() {
  return {.program = "/a/orderflow", .http_port = 80, .metrics_port_base = 100};
}

std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

}  // namespace

TEST_CASE("schema and seed data come before the roles, which are ready by their health") {
  const auto entries = program_entries(options());
  CHECK(names_of(entries) ==
        std::vector<std::string>{"migrate", "seed", "api", "orchestrator", "payments", "delivery"});
  CHECK(to_line(entries[0]) == "migrate\toneshot\t-\t-\tTERM/KILL\t/a/orderflow\tmigrate\n");
  CHECK(to_line(entries[2]) ==
        "api\tdaemon\thttp:80/health/ready\t-\tTERM/KILL\t/a/orderflow\tapi\n");
  CHECK(to_line(entries[4]) ==
        "payments\tdaemon\thttp:102/health/ready\t-\tTERM/KILL\t/a/orderflow\tpayments\n");
}

TEST_CASE("the embedded broker starts once the database says how many partitions there are") {
  auto with_broker = options();
  with_broker.broker_port = 7;
  const auto entries = program_entries(with_broker);
  CHECK(names_of(entries).at(1) == "broker");
  CHECK(to_line(entries[1]) == "broker\tdaemon\ttcp:7\t-\tTERM/KILL\t/a/orderflow\tbroker\n");
}

TEST_CASE("further processes are of the roles that own partitions, each with ports of its own") {
  auto several = options();
  several.processes = 3;
  const auto entries = program_entries(several);
  for (const auto& role : events::kRoles) {
    const auto count = std::count_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return entry.command.at(1) == role.name;
    });
    INFO(role.name);
    CHECK(count == (role.owns_partitions() ? 3 : role.name == events::kBroker.name ? 0 : 1));
  }
  CHECK(to_line(entries.back()) ==
        "delivery-3\tdaemon\thttp:123/health/ready\t-\tTERM/KILL\t/a/orderflow\tdelivery\t"
        "--metrics-port-base=120\n");
}

TEST_CASE("roles are looked for where they listen") {
  auto elsewhere = options();
  elsewhere.processes = 2;
  for (const auto& [host, found] : {std::pair("127.0.0.2", ":127.0.0.2"),
                                    {"::1", ":[::1]"},
                                    {"0.0.0.0", ""},
                                    {"::", ":[::1]"}}) {
    elsewhere.http_host = host;
    const auto entries = program_entries(elsewhere);
    INFO(host);
    CHECK(to_line(entries[2]).starts_with("api\tdaemon\thttp" + std::string(found) + ":80/health"));
    CHECK(to_line(entries.back())
              .starts_with("delivery-2\tdaemon\thttp" + std::string(found) + ":113/health"));
  }
}

// Scripts count on it when they look for free ports.
TEST_CASE("the metrics ports are the first after their base") {
  std::vector<std::uint16_t> ports;
  for (const auto& [name, port] : metrics_ports(9080, 1)) ports.push_back(port);
  std::sort(ports.begin(), ports.end());
  for (std::size_t i = 0; i < ports.size(); ++i) CHECK(ports[i] == 9081 + i);
  CHECK(ports.size() == events::kRoles.size() - 1);
}

TEST_CASE("no two processes have the same metrics port, and each is one that there is") {
  std::set<std::uint16_t> ports;
  for (const auto& [name, port] : metrics_ports(9080, 64)) {
    INFO(name);
    CHECK(ports.insert(port).second);
  }
  const auto second = metrics_ports(9080, 2);
  const auto payments = std::find_if(second.begin(), second.end(),
                                     [](const auto& one) { return one.name == "payments-2"; });
  REQUIRE(payments != second.end());
  CHECK(payments->port == 9092);
  CHECK_THROWS_AS(metrics_ports(65'000, 64), orderflow::core::BadConfiguration);
}
