#include "consumers/sagas/inbox.hpp"

#include <utility>

#include "core/values/shard_key.hpp"
#include "events/codec.hpp"

namespace orderflow::consumers {

using core::KafkaMessage;
using core::Uuid;

namespace {

core::Result<events::InboxMessage> decode(const KafkaMessage& message) {
  return events::decode_inbox(message.header("ce_type"), message.body());
}

Uuid order_of(const events::InboxMessage& message) {
  return std::visit([](const auto& m) { return m.order_id; }, message);
}

}  // namespace

Inbox read_inbox(const Batch& batch) {
  Inbox inbox;
  inbox.inputs.reserve(batch.messages.size());
  for (const KafkaMessage* message : batch.messages) {
    auto decoded = decode(*message);
    if (!decoded) {
      inbox.dead_letters.push_back({message, decoded.error().detail});
      continue;
    }
    const Uuid order_id = order_of(*decoded);
    if (core::ShardKey(order_id).partition(batch.partition_count) != message->partition()) {
      ++inbox.misplaced;
      continue;
    }
    if (const auto* made = std::get_if<events::RequestMade>(&*decoded)) {
      inbox.request_ids.push_back(made->request_id);
    } else if (std::holds_alternative<events::OrderPlaced>(*decoded)) {
      inbox.inputs.push_back({order_id, saga::Start{}, message});
    } else if (auto* reply = std::get_if<events::Reply>(&*decoded)) {
      inbox.inputs.push_back({order_id,
                              saga::ReplyReceived{std::move(*reply), events::attempt_of(*message)},
                              message});
    } else {
      // Without the message: a report is repeated until it is acknowledged.
      inbox.inputs.push_back({order_id, std::get<events::DeliveryReport>(std::move(*decoded))});
    }
  }
  return inbox;
}

std::vector<SagaBatch::Pending> poisoned(const KafkaMessage& message, const std::string& reason) {
  const auto decoded = decode(message);
  if (!decoded) return {};
  return {{order_of(*decoded), saga::Poisoned{reason}}};
}

}  // namespace orderflow::consumers
