#include "consumers/sagas/saga_messages.hpp"

#include "events/codec.hpp"
#include "saga/order/command_messages.hpp"

namespace orderflow::consumers {

using producers::Outgoing;

namespace {

constexpr std::int32_t kEventPage = 5000;
constexpr const char* kSource = "/orderflow/orchestrator";

// Where the commands of a participant go, and whose id is their key. One function a participant: a
// command of one that has none does not compile.
struct Destination {
  events::Topic topic;
  const core::ShardKey& key;
};
Destination destination_of(const events::PaymentCommand&, const saga::OrderFacts& facts) {
  return {events::Topic::kPaymentsCommands, facts.user_id};
}
Destination destination_of(const events::DeliveryCommand&, const saga::OrderFacts& facts) {
  return {events::Topic::kDeliveryCommands, facts.order_id};
}

}  // namespace

std::vector<Outgoing> SagaMessages::unpublished(const Grants& fresh, const HeldEvents& held,
                                                core::PgSession& session) const {
  std::vector<Outgoing> events;
  for (const auto& [partition, grant] : fresh) {
    saga::store::PublishedUpTo position{partition, grant.published_mark, INT32_MAX};
    while (true) {
      const auto call = saga::store::load_events_after(position, kEventPage);
      const auto page = saga::store::read_events(session.execute(call));
      for (const auto& one : page) {
        if (!held.holds(one.event.order_id)) events.push_back(event(one));
        position = {partition, one.batch_no, one.ordinal};
      }
      if (page.size() < kEventPage) break;
    }
  }
  return events;
}

Outgoing SagaMessages::event(const saga::StoredEvent& stored) const {
  return {events::encode(stored.event, topics_[events::Topic::kOrdersEvents]), stored.partition,
          stored.batch_no, true};
}

Outgoing SagaMessages::command(const SagaBatch::Prepared& prepared, const saga::Command& command,
                               std::int64_t batch_no, std::int32_t partition_count) const {
  const auto& facts = *prepared.saga.facts;
  const saga::CommandMessage message = saga::message_of(facts, prepared.saga.state, command);
  return std::visit(
      [&](const auto& body) -> Outgoing {
        const Destination destination = destination_of(body, facts);
        const events::Addressed to{
            topics_[destination.topic],
            destination.key,
            kSource,
            {facts.trace.correlation_id, core::child_traceparent(facts.trace.traceparent)},
            message.attempt,
            partition_count};
        return {events::encode(body, to), prepared.partition, batch_no};
      },
      message.body);
}

}  // namespace orderflow::consumers
