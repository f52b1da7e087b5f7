#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/kafka.hpp"

namespace orderflow::events {

// The names of the topics of one installation. See schemas/asyncapi.yaml for what each carries.
struct Topics {
  std::string orders_inbox;       // everything an order's owner must hear; key = order id
  std::string orders_events;      // what happened, for everyone; key = order id
  std::string payments_commands;  // key = paying account
  std::string delivery_commands;  // key = order id

  explicit Topics(const std::string& prefix)
      : orders_inbox(prefix + "orders.inbox"),
        orders_events(prefix + "orders.events"),
        payments_commands(prefix + "payments.commands"),
        delivery_commands(prefix + "delivery.commands") {}

  [[nodiscard]] std::vector<core::TopicSpec> specs(const core::Config& config) const {
    const auto partitions = static_cast<std::int32_t>(config.integer("partitions"));
    const auto replicas = static_cast<std::int32_t>(config.integer("replication-factor"));
    return {{orders_inbox, partitions, replicas},
            {orders_events, partitions, replicas},
            {payments_commands, partitions, replicas},
            {delivery_commands, partitions, replicas}};
  }
};

}  // namespace orderflow::events
