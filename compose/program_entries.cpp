#include "compose/program_entries.hpp"

#include <utility>

#include "events/roles.hpp"

namespace orderflow::compose {
namespace {

constexpr const char* kReadyPath = "/health/ready";

std::uint16_t metrics_port(std::uint16_t base, const events::Role& role) {
  return static_cast<std::uint16_t>(base + role.metrics_port_offset);
}

Entry entry_of(const ProgramOptions& options, std::string name, std::string word, EntryKind kind,
               ReadyCheck ready = {}) {
  Entry entry;
  entry.name = std::move(name);
  entry.kind = kind;
  entry.ready = std::move(ready);
  entry.command = {options.program, std::move(word)};
  return entry;
}

Entry daemon(const ProgramOptions& options, const events::Role& role, ReadyCheck ready) {
  const std::string name(role.name);
  return entry_of(options, name, name, EntryKind::kDaemon, std::move(ready));
}

Entry oneshot(const ProgramOptions& options, const std::string& word) {
  return entry_of(options, word, word, EntryKind::kOneshot);
}

}  // namespace

std::vector<Entry> program_entries(const ProgramOptions& options) {
  std::vector<Entry> entries{oneshot(options, "migrate")};
  if (options.broker_port) {
    entries.push_back(
        daemon(options, events::kBroker, {ReadyCheck::Kind::kTcp, *options.broker_port, {}}));
  }
  entries.push_back(oneshot(options, "seed"));
  for (const events::Role& role : events::kRoles) {
    if (role.name == events::kBroker.name) continue;
    const auto port = role.metrics_port_offset == 0 ? options.http_port
                                                    : metrics_port(options.metrics_port_base, role);
    entries.push_back(daemon(options, role, {ReadyCheck::Kind::kHttp, port, kReadyPath}));
  }
  for (int number = 2; number <= options.processes; ++number) {
    for (const events::Role& role : events::kOwners) {
      const std::string name(role.name);
      entries.push_back(
          entry_of(options, name + "-" + std::to_string(number), name, EntryKind::kDaemon));
    }
  }
  return entries;
}

std::vector<MetricsPort> metrics_ports(std::uint16_t base) {
  std::vector<MetricsPort> ports;
  for (const events::Role& role : events::kRoles) {
    if (role.metrics_port_offset != 0) {
      ports.push_back({std::string(role.name), metrics_port(base, role)});
    }
  }
  return ports;
}

}  // namespace orderflow::compose
