#include "consumers/sagas/saga_messages.hpp"

#include "events/codec.hpp"
#include "saga/order/command_messages.hpp"

namespace orderflow::consumers {

using producers::Outgoing;

namespace {

constexpr std::int32_t kEventPage = 5000;
constexpr const char* kSource = "/orderflow/orchestrator";

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
  const auto message = saga::message_of(facts, prepared.saga.state, command);
  events::Addressed to{
      topics_[events::Topic::kPaymentsCommands],
      facts.user_id,
      kSource,
      {facts.trace.correlation_id, core::child_traceparent(facts.trace.traceparent)},
      message.attempt,
      partition_count};
  if (const auto* payment = std::get_if<events::PaymentCommand>(&message.body)) {
    return {events::encode(*payment, to), prepared.partition, batch_no};
  }
  to.topic = topics_[events::Topic::kDeliveryCommands];
  to.key = facts.order_id;
  return {events::encode(std::get<events::DeliveryCommand>(message.body), to), prepared.partition,
          batch_no};
}

}  // namespace orderflow::consumers
