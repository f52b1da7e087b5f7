#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/testing/crash_point.hpp"
#include "events/topics.hpp"

namespace orderflow::events {

// A long-running role: what one process of `orderflow NAME` does. A value, all of it constant.
//
// kRoles is the one table of them. The program, the migrations, `repartition`, the supervisor,
// crash points, tests, chaos and benchmarks read it; a new role is a row here, a function in
// main.cpp, and for an owner a schema with a table `partitions`.
struct Role {
  std::string_view name;

  // Of a role that owns partitions; empty for the others.
  std::string_view topic;          // What it consumes, without the installation's prefix.
  std::string_view schema;         // Whose table `partitions` holds its grants.
  std::string_view database_role;  // SET ROLE of the session that writes its transactions.

  // Health and metrics are served on ORDERFLOW_METRICS_PORT_BASE and this much, below
  // kMetricsPortStride; 0: on the HTTP port, with everything else.
  int metrics_port_offset = 0;
  // `orderflow all` runs it. All talk to whatever KAFKA_BOOTSTRAP_SERVERS names, so the embedded
  // broker is always a process of its own.
  bool in_all = true;
  // Its work goes on while the broker is away.
  bool can_do_without_broker = false;
  core::CrashPlaces crash_places = core::CrashPlaces::kNone;

  [[nodiscard]] constexpr bool owns_partitions() const { return !schema.empty(); }
};

inline constexpr std::array kRoles{
    // Orders are rows first; who owns them finds those that Kafka was not told of.
    Role{
        .name = "api", .can_do_without_broker = true, .crash_places = core::CrashPlaces::kFrontEnd},
    Role{.name = "orchestrator",
         .topic = row_of(Topic::kOrdersInbox).name,
         .schema = "orders",
         .database_role = "orderflow_orders",
         .metrics_port_offset = 1,
         .crash_places = core::CrashPlaces::kOwner},
    Role{.name = "payments",
         .topic = row_of(Topic::kPaymentsCommands).name,
         .schema = "payments",
         .database_role = "orderflow_payments",
         .metrics_port_offset = 2,
         .crash_places = core::CrashPlaces::kOwner},
    Role{.name = "delivery",
         .topic = row_of(Topic::kDeliveryCommands).name,
         .schema = "delivery",
         .database_role = "orderflow_delivery",
         .metrics_port_offset = 3,
         .crash_places = core::CrashPlaces::kOwner},
    Role{.name = "broker", .metrics_port_offset = 4, .in_all = false},
};

// Processes of a role on one machine are numbered from 1; each number has a block of so many ports.
inline constexpr int kMetricsPortStride = 10;
static_assert(std::all_of(kRoles.begin(), kRoles.end(), [](const Role& role) {
  return role.metrics_port_offset < kMetricsPortStride;
}));

// ORDERFLOW_METRICS_PORT_BASE of the processes with that number, where `base` is that of the first.
[[nodiscard]] constexpr int metrics_port_base(int base, int number) {
  return base + (number - 1) * kMetricsPortStride;
}

// The row of that name; nullptr when there is none.
[[nodiscard]] constexpr const Role* find_role(std::string_view name) {
  const auto* row = std::find_if(kRoles.begin(), kRoles.end(),
                                 [name](const Role& role) { return role.name == name; });
  return row == kRoles.end() ? nullptr : row;
}

// The same for a name that is written in the code: does not compile when there is no such row.
[[nodiscard]] consteval const Role& role_named(std::string_view name) { return *find_role(name); }

inline constexpr const Role& kApi = role_named("api");
inline constexpr const Role& kOrchestrator = role_named("orchestrator");
inline constexpr const Role& kPayments = role_named("payments");
inline constexpr const Role& kDelivery = role_named("delivery");
inline constexpr const Role& kBroker = role_named("broker");

// The rows that own partitions, in the table's order.
inline constexpr auto kOwners = [] {
  constexpr auto kOwns = [](const Role& role) { return role.owns_partitions(); };
  std::array<Role, static_cast<std::size_t>(std::count_if(kRoles.begin(), kRoles.end(), kOwns))>
      owners;
  std::copy_if(kRoles.begin(), kRoles.end(), owners.begin(), kOwns);
  return owners;
}();

// What it is called by Kafka (client id) and PostgreSQL (application name).
[[nodiscard]] inline std::string client_id(const Role& role) {
  return "orderflow-" + std::string(role.name);
}

// The consumer group of a role that owns partitions.
[[nodiscard]] inline std::string consumer_group(const Role& role, const std::string& topic_prefix) {
  return topic_prefix + client_id(role);
}

// The roles as crash points see them.
inline constexpr auto kCrashRoles = [] {
  std::array<core::CrashRole, kRoles.size()> roles;
  std::transform(kRoles.begin(), kRoles.end(), roles.begin(),
                 [](const Role& role) { return core::CrashRole{role.name, role.crash_places}; });
  return roles;
}();

}  // namespace orderflow::events
