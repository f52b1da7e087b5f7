#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/kafka/topic_spec.hpp"

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

  // An order's events must not change their partition, so orders.events keeps as many as it has.
  [[nodiscard]] std::vector<core::TopicSpec> specs(std::int32_t partitions,
                                                   std::int32_t replicas) const {
    return {{orders_inbox, partitions, replicas, true},
            {orders_events, partitions, replicas, false},
            {payments_commands, partitions, replicas, true},
            {delivery_commands, partitions, replicas, true}};
  }
};

}  // namespace orderflow::events
