#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderflow::events {

enum class Topic : std::uint8_t {
  kOrdersInbox,
  kOrdersEvents,
  kPaymentsCommands,
  kDeliveryCommands
};

// One topic, as program, repartition, bench and documents know it. Every key is the 36-character
// text of an id. Which role consumes it stands in events/roles.hpp, which messages it carries in
// schemas/asyncapi.
struct TopicRow {
  Topic topic;
  std::string_view name;     // Without the installation's prefix.
  std::string_view key;      // Whose id the key is.
  std::string_view carries;  // In a line.
  std::string_view writers;  // The roles that write to it.
  // A role owns its partitions and serves as many as the installation has, so it grows with them.
  // The others keep those they began with: an order's events must not change their partition.
  bool owned = true;
};

inline constexpr std::array<TopicRow, 4> kTopics{{
    {Topic::kOrdersInbox, "orders.inbox", "order id",
     "everything an order's owner must hear: placed, requests, replies, reports",
     "api, payments, delivery"},
    {Topic::kOrdersEvents, "orders.events", "order id", "what happened, for everyone",
     "orchestrator", false},
    {Topic::kPaymentsCommands, "payments.commands", "account id", "capture, undo, refund",
     "orchestrator"},
    {Topic::kDeliveryCommands, "delivery.commands", "order id", "schedule, cancel, acknowledge",
     "orchestrator"},
}};

[[nodiscard]] constexpr const TopicRow& row_of(Topic topic) {
  return kTopics[static_cast<std::size_t>(topic)];
}

// Their names in one installation. Immutable.
class Topics {
 public:
  explicit Topics(const std::string& prefix) {
    for (const auto& row : kTopics) {
      names_[static_cast<std::size_t>(row.topic)] = prefix + std::string(row.name);
    }
  }

  [[nodiscard]] const std::string& operator[](Topic topic) const {
    return names_[static_cast<std::size_t>(topic)];
  }

 private:
  std::array<std::string, kTopics.size()> names_;
};

}  // namespace orderflow::events
