#include "compose/program_entries.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

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

TEST_CASE("further processes are of the roles that own partitions, and wait for no health") {
  auto several = options();
  several.processes = 3;
  const auto entries = program_entries(several);
  for (const auto& role : events::kRoles) {
    const auto count = std::count_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return entry.command.back() == role.name;
    });
    INFO(role.name);
    CHECK(count == (role.owns_partitions() ? 3 : role.name == events::kBroker.name ? 0 : 1));
  }
  CHECK(to_line(entries.back()) == "delivery-3\tdaemon\t-\t-\tTERM/KILL\t/a/orderflow\tdelivery\n");
}

// Scripts count on it when they look for free ports.
TEST_CASE("the metrics ports are the first after their base") {
  std::vector<std::uint16_t> ports;
  for (const auto& [role, port] : metrics_ports(9080)) ports.push_back(port);
  std::sort(ports.begin(), ports.end());
  for (std::size_t i = 0; i < ports.size(); ++i) CHECK(ports[i] == 9081 + i);
  CHECK(ports.size() == events::kRoles.size() - 1);
}
