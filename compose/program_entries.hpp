// The product's own entries of the supervisor's table, made from the table of roles
// (events/roles.hpp), so that no script repeats their names, ports and health paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compose/table.hpp"

namespace orderflow::compose {

struct ProgramOptions {
  std::string program;                  // the executable
  std::string http_host = "127.0.0.1";  // as ORDERFLOW_HTTP_HOST
  std::uint16_t http_port = 0;
  std::uint16_t metrics_port_base = 0;
  // Where the embedded broker listens; nothing when another one is used.
  std::optional<std::uint16_t> broker_port;
  // How many of each role that owns partitions.
  int processes = 1;
};

// In the order of starting: the schema, the broker (whose topics have as many partitions as the
// database says), the seed data, and the roles; those of a second, third, ... process of a role are
// told the base of their own metrics ports.
[[nodiscard]] std::vector<Entry> program_entries(const ProgramOptions& options);

struct MetricsPort {
  std::string name;  // of the process: payments, payments-2
  std::uint16_t port = 0;
};

// The ports for health and metrics beside the HTTP port. Throws BadConfiguration when there are not
// so many ports after the base.
[[nodiscard]] std::vector<MetricsPort> metrics_ports(std::uint16_t base, int processes);

}  // namespace orderflow::compose
