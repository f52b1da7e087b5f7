#include "compose/program_entries.hpp"

#include <limits>
#include <utility>

#include "core/values/failure.hpp"
#include "core/values/ip_address.hpp"
#include "events/roles.hpp"

namespace orderflow::compose {
namespace {

constexpr const char* kReadyPath = "/health/ready";

std::uint16_t base_of(std::uint16_t base, int number) {
  const int last = events::metrics_port_base(base, number) + events::kMetricsPortStride - 1;
  if (last > std::numeric_limits<std::uint16_t>::max()) {
    throw core::BadConfiguration(
        "there are too few ports after ORDERFLOW_METRICS_PORT_BASE=" + std::to_string(base) +
        " for ORDERFLOW_PROCESSES=" + std::to_string(number) + "; choose a lower one");
  }
  return static_cast<std::uint16_t>(events::metrics_port_base(base, number));
}

std::uint16_t metrics_port(std::uint16_t base, const events::Role& role) {
  return static_cast<std::uint16_t>(base + role.metrics_port_offset);
}

std::string numbered(const events::Role& role, int number) {
  return std::string(role.name) + (number == 1 ? "" : "-" + std::to_string(number));
}

Entry entry_of(const ProgramOptions& options, std::string name, EntryKind kind, ReadyCheck ready,
               std::vector<std::string> words) {
  Entry entry;
  entry.name = std::move(name);
  entry.kind = kind;
  entry.ready = std::move(ready);
  entry.command = std::move(words);
  entry.command.insert(entry.command.begin(), options.program);
  return entry;
}

Entry oneshot(const ProgramOptions& options, const std::string& word) {
  return entry_of(options, word, EntryKind::kOneshot, {}, {word});
}

Entry daemon(const ProgramOptions& options, const events::Role& role, int number) {
  const auto base = base_of(options.metrics_port_base, number);
  const auto port = role.metrics_port_offset == 0 ? options.http_port : metrics_port(base, role);
  std::vector<std::string> words{std::string(role.name)};
  if (number > 1) words.push_back("--metrics-port-base=" + std::to_string(base));
  return entry_of(
      options, numbered(role, number), EntryKind::kDaemon,
      {ReadyCheck::Kind::kHttp, port, kReadyPath, core::reachable_address(options.http_host)},
      std::move(words));
}

}  // namespace

std::vector<Entry> program_entries(const ProgramOptions& options) {
  std::vector<Entry> entries{oneshot(options, "migrate")};
  if (options.broker_port) {
    const std::string name(events::kBroker.name);
    // It is ready when it answers its clients, which find it at the loopback address.
    entries.push_back(entry_of(options, name, EntryKind::kDaemon,
                               {ReadyCheck::Kind::kTcp, *options.broker_port, {}}, {name}));
  }
  entries.push_back(oneshot(options, "seed"));
  for (const events::Role& role : events::kRoles) {
    if (role.name != events::kBroker.name) entries.push_back(daemon(options, role, 1));
  }
  for (int number = 2; number <= options.processes; ++number) {
    for (const events::Role& role : events::kOwners) {
      entries.push_back(daemon(options, role, number));
    }
  }
  return entries;
}

std::vector<MetricsPort> metrics_ports(std::uint16_t base, int processes) {
  std::vector<MetricsPort> ports;
  for (int number = 1; number <= processes; ++number) {
    const auto own_base = base_of(base, number);
    for (const events::Role& role : events::kRoles) {
      const bool runs = number == 1 ? role.metrics_port_offset != 0 : role.owns_partitions();
      if (runs) ports.push_back({numbered(role, number), metrics_port(own_base, role)});
    }
  }
  return ports;
}

}  // namespace orderflow::compose
