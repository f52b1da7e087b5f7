#include "consumers/participants/participant_effects.hpp"

#include <utility>

#include "core/values/shard.hpp"

namespace orderflow::consumers {

ParticipantEffects::ParticipantEffects(std::string role, std::string inbox_topic,
                                       core::Metrics& metrics, std::string counter,
                                       std::string help)
    : source_("/orderflow/" + role),
      inbox_topic_(std::move(inbox_topic)),
      metrics_(metrics),
      counter_(std::move(counter)),
      help_(std::move(help)),
      misplaced_(metrics.counter("misplaced_messages_total",
                                 "Messages ignored because their key belongs to another partition.",
                                 {{"role", std::move(role)}})) {}

bool ParticipantEffects::well_placed(const core::KafkaMessage& message, std::int32_t shard) {
  if (core::partition_of_shard(shard, partition_count_) == message.partition()) return true;
  misplaced_.Increment();
  return false;
}

events::Addressed ParticipantEffects::address(const core::ShardKey& order, const core::Trace& trace,
                                              int attempt) const {
  return {inbox_topic_, order, source_, trace, attempt, partition_count_};
}

void ParticipantEffects::reply(const core::KafkaMessage& command, const core::ShardKey& order,
                               const events::Reply& reply, const core::Trace& trace) {
  const auto to = address(order, trace, events::attempt_of(command));
  outgoing_.push_back({events::encode(reply, to), command.partition(), 0});
}

void ParticipantEffects::report(std::int32_t partition, const core::ShardKey& order,
                                const events::DeliveryReport& report, const core::Trace& trace) {
  outgoing_.push_back({events::encode(report, address(order, trace)), partition, 0});
}

std::vector<producers::Outgoing> ParticipantEffects::release(const Grants& grants) {
  for (auto& message : outgoing_) {
    const auto grant = grants.find(message.owner_partition);
    if (grant != grants.end()) message.batch_no = grant->second.batch_no;
  }
  for (const auto& [outcome, count] : outcomes_) {
    auto& counter = by_outcome_[outcome];
    if (counter == nullptr) counter = &metrics_.counter(counter_, help_, {{"outcome", outcome}});
    counter->Increment(count);
  }
  outcomes_.clear();
  return std::exchange(outgoing_, {});
}

void ParticipantEffects::discard() {
  outgoing_.clear();
  outcomes_.clear();
}

}  // namespace orderflow::consumers
