// Messages on their way to Kafka and back.
#include "bench/instructions/workload.hpp"
#include "core/values/shard.hpp"
#include "events/codec.hpp"

namespace orderflow::bench {
namespace {

using core::OutgoingMessage;

constexpr std::int32_t kPartitions = 8;

template <typename Message>
struct Letter {
  Message message;
  events::Addressed to;

  [[nodiscard]] OutgoingMessage encode() const { return events::encode(message, to); }
};

template <typename Message>
Letter<Message> letter(const Course& course, Message message, std::string topic) {
  return {std::move(message),
          {std::move(topic), course.facts.order_id, "/orderflow/orchestrator", course.facts.trace,
           1, kPartitions}};
}

// What a consumer is given: the type's header and the body.
struct Received {
  std::string type;
  std::string body;
};

Received received(const OutgoingMessage& message) {
  for (const auto& [name, value] : message.headers) {
    if (name == "ce_type") return {std::string(value), message.body};
  }
  return {};
}

// Both directions of one kind of message.
template <typename Letters, typename Decode>
void add_both(std::vector<Workload>& workloads, const std::string& name, const Letters& letters,
              Decode decode) {
  std::vector<Received> arrived;
  for (const auto& one : letters) arrived.push_back(received(one.encode()));
  workloads.push_back(
      each("encode_" + name, letters, [](const auto& one) { return one.encode(); }));
  workloads.push_back(each("decode_" + name, std::move(arrived), [decode](const Received& one) {
    return decode(one.type, one.body).value();
  }));
}

}  // namespace

std::vector<Workload> message_workloads(const std::vector<Course>& courses) {
  std::vector<Letter<events::OrderPlaced>> placed;
  std::vector<Letter<events::Reply>> replies;
  std::vector<Letter<events::PaymentCommand>> payments;
  std::vector<Letter<events::DeliveryCommand>> deliveries;
  std::vector<events::OrderEvent> happened;
  std::vector<std::string> keys;
  for (const auto& course : courses) {
    placed.push_back(
        letter(course, events::OrderPlaced{course.facts.order_id.uuid}, "orders.inbox"));
    replies.push_back(letter(course, course.payment_reply, "orders.inbox"));
    replies.push_back(letter(course, course.delivery_reply, "orders.inbox"));
    payments.push_back(letter(course, course.payment_command, "payments.commands"));
    deliveries.push_back(letter(course, course.delivery_command, "delivery.commands"));
    happened.insert(happened.end(), course.events.begin(), course.events.end());
    keys.push_back(course.facts.order_id.uuid.to_string());
  }
  std::vector<Workload> workloads{
      each("shard_of_key", std::move(keys), [](const auto& key) { return core::shard_of(key); }),
      each("encode_event", std::move(happened),
           [](const auto& event) { return events::encode(event, "orders.events"); })};
  add_both(workloads, "placed", placed, events::decode_inbox);
  add_both(workloads, "reply", replies, events::decode_inbox);
  add_both(workloads, "payment_command", payments, events::decode_payment_command);
  add_both(workloads, "delivery_command", deliveries, events::decode_delivery_command);
  return workloads;
}

}  // namespace orderflow::bench
