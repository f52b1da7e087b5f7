#include "consumers/sagas/orchestrator.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "consumers/runtime/owner_options.hpp"
#include "consumers/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/values/shard.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "saga/order/command_messages.hpp"
#include "saga/order/order_saga.hpp"
#include "saga/settings.hpp"

namespace orderflow::consumers {

using core::KafkaMessage;
using core::Uuid;
using producers::Outgoing;
using saga::Saga;
using std::chrono::seconds;

namespace {

constexpr core::Duration kRequestPoll = seconds{1};
constexpr core::Duration kProgressInterval = seconds{2};
constexpr core::Duration kOverduePoll = seconds{2};
// Looking for overdue sagas takes one part in so many of the time, however many are live; but a
// round ends soon enough for an order whose messages are lost to move within the promised time.
constexpr int kOverdueReadShare = 20;
constexpr core::Duration kOverduePollMax = seconds{6};
constexpr std::int32_t kWakeUpsMax = 200000;
constexpr auto kWaitingAtGrant = static_cast<std::int32_t>(ParticipantHealth::kRememberedMax);
constexpr std::int32_t kEventPage = 5000;
constexpr const char* kSource = "/orderflow/orchestrator";

Uuid order_of(const events::InboxMessage& message) {
  return std::visit([](const auto& m) { return m.order_id; }, message);
}

}  // namespace

saga::Policy policy_from(const core::Settings& settings) {
  saga::Policy policy;
  policy.retry.attempts = settings.get(saga::kRetryAttempts);
  policy.retry.backoff_initial = settings.get(saga::kRetryBackoffInitial);
  policy.retry.backoff_multiplier = settings.get(saga::kRetryBackoffMultiplier);
  policy.retry.backoff_max = settings.get(saga::kRetryBackoffMax);
  policy.reply_timeout[saga::kPaymentStep] = settings.get(saga::kPaymentTimeout);
  policy.reply_timeout[saga::kDeliveryStep] = settings.get(saga::kDeliveryTimeout);
  policy.probe_interval = settings.get(saga::kProbeInterval);
  return policy;
}

Orchestrator::Orchestrator(const core::Settings& settings, events::Topics topics,
                           core::Logger& logger, core::Metrics& metrics)
    : topics_(std::move(topics)),
      logger_(logger),
      metrics_(metrics),
      policy_(policy_from(settings)),
      single_attempt_(policy_),
      reply_timeout_(policy_.reply_timeout),
      health_(policy_.probe_interval),
      cache_limit_(settings.get(kSagaCache)),
      batch_limit_(settings.get(core::kBatchLimit)),
      wake_ups_(kWakeUpsMax),
      overdue_(kOverdueReadShare, kOverduePoll, kOverduePollMax) {
  single_attempt_.retry.attempts = 1;
}

std::int32_t Orchestrator::partition_of(const Saga& saga) const {
  return core::partition_of_shard(saga.shard, partition_count_);
}

std::int32_t Orchestrator::partition_of(const Uuid& order_id) const {
  return core::partition_of_key(order_id.text().view(), partition_count_);
}

// ---- ownership
// ------------------------------------------------------------------------------------

std::vector<Outgoing> Orchestrator::granted(const Grants& fresh, const Grants& all,
                                            std::int32_t partition_count,
                                            core::PgSession& session) {
  partition_count_ = partition_count;
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : fresh) partitions.insert(partition);
  dropped(partitions);

  std::vector<std::int32_t> fresh_shards;
  owned_shards_.clear();
  for (std::int32_t shard = 0; shard < core::kShardCount; ++shard) {
    const auto partition = core::partition_of_shard(shard, partition_count);
    if (all.contains(partition)) owned_shards_.push_back(shard);
    if (fresh.contains(partition)) fresh_shards.push_back(shard);
  }
  const auto live = saga::store::load_wake_ups(fresh_shards, kWakeUpsMax);
  const auto due = saga::store::read_wake_ups(session.execute(live));
  for (const auto& wake_up : due) {
    wake_ups_.set(partition_of(wake_up.order_id), wake_up.order_id, wake_up.at);
  }
  const auto waiting = saga::store::load_waiting(fresh_shards, kWaitingAtGrant);
  health_.restore(saga::store::read_waiting(session.execute(waiting)));
  next_request_poll_ = {};
  overdue_.begin();

  std::vector<Outgoing> unpublished;
  for (const auto& [partition, grant] : fresh) {
    saga::store::PublishedUpTo position{partition, grant.published_mark, INT32_MAX};
    while (true) {
      const auto call = saga::store::load_events_after(position, kEventPage);
      const auto page = saga::store::read_events(session.execute(call));
      for (const auto& one : page) {
        unpublished.push_back({events::encode(one.event, topics_[events::Topic::kOrdersEvents]),
                               partition, one.batch_no});
        position = {partition, one.batch_no, one.ordinal};
      }
      if (page.size() < kEventPage) break;
    }
  }
  metrics_.events_published(unpublished.size());
  return unpublished;
}

void Orchestrator::dropped(const std::set<std::int32_t>& partitions) {
  std::erase_if(cache_,
                [&](const auto& entry) { return partitions.contains(partition_of(entry.second)); });
  health_.forget_if(
      [&](const Uuid& order_id) { return partitions.contains(partition_of(order_id)); });
  for (const auto partition : partitions) wake_ups_.drop(partition);
  std::erase_if(owned_shards_, [&](std::int32_t shard) {
    return partitions.contains(core::partition_of_shard(shard, partition_count_));
  });
}

// ---- one transaction
// ------------------------------------------------------------------------------

TransactionDraft Orchestrator::prepare(const Batch& batch, core::PgSession& session) {
  decided_at_ = batch.now;
  stuck_ = batch.stuck;
  adapt_reply_timeouts();
  TransactionDraft draft;
  std::vector<SagaBatch::Pending> inputs;
  std::vector<Uuid> told_of;
  decode(batch, inputs, told_of, draft);
  if (batch.include_due) {
    take_due(batch, inputs);
    show_progress(batch.now);
  }
  read_truth(batch, told_of, inputs, session);
  apply(batch, inputs);
  sagas_.write(batch, draft);
  return draft;
}

void Orchestrator::decode(const Batch& batch, std::vector<SagaBatch::Pending>& inputs,
                          std::vector<Uuid>& told_of, TransactionDraft& draft) {
  for (const KafkaMessage* message : batch.messages) {
    auto decoded = events::decode_inbox(message->header("ce_type"), message->body());
    if (!decoded) {
      draft.dead_letters.push_back({message, decoded.error().detail});
      continue;
    }
    const Uuid order_id = order_of(*decoded);
    if (partition_of(order_id) != message->partition()) {
      metrics_.misplaced();
      continue;
    }
    if (const auto* made = std::get_if<events::RequestMade>(&*decoded)) {
      told_of.push_back(made->request_id);
    } else if (std::holds_alternative<events::OrderPlaced>(*decoded)) {
      inputs.push_back({order_id, saga::Start{}});
    } else if (auto* reply = std::get_if<events::Reply>(&*decoded)) {
      inputs.push_back(
          {order_id, saga::ReplyReceived{std::move(*reply), events::attempt_of(*message)}});
    } else {
      inputs.push_back({order_id, std::get<events::DeliveryReport>(std::move(*decoded))});
    }
  }
}

// Due wake-ups, except those of partitions whose publishing is stuck: those wait a little.
void Orchestrator::take_due(const Batch& batch, std::vector<SagaBatch::Pending>& inputs) {
  for (const auto& [partition, grant] : batch.grants) {
    if (batch.stuck.contains(partition)) continue;
    for (const auto& id : wake_ups_.due(partition, batch.now, batch_limit_ - taken_.size())) {
      taken_.emplace_back(partition, id);
      inputs.push_back({id, saga::Wake{}});
    }
  }
  take_probes(batch, inputs);
}

// Of the sagas behind a circuit breaker, those that are to ask their participant.
void Orchestrator::take_probes(const Batch& batch, std::vector<SagaBatch::Pending>& inputs) {
  const auto can_ask = [&](const Uuid& order_id) {
    const auto partition = partition_of(order_id);
    return batch.grants.contains(partition) && !batch.stuck.contains(partition);
  };
  for (const auto& order_id : health_.take_probes(batch.now, can_ask)) {
    inputs.push_back({order_id, saga::Probe{}});
  }
}

// Everything this batch needs from the database, in one round trip when sagas are known.
void Orchestrator::read_truth(const Batch& batch, const std::vector<Uuid>& told_of,
                              std::vector<SagaBatch::Pending>& inputs, core::PgSession& session) {
  std::vector<core::PgCall> calls;
  const bool poll_requests = batch.include_due && batch.now >= next_request_poll_;
  const bool poll_overdue = batch.include_due && batch.now >= overdue_.next();
  const auto limit = static_cast<std::int32_t>(batch_limit_);
  if (!told_of.empty()) calls.push_back(saga::store::load_requests(told_of));
  if (poll_requests) calls.push_back(saga::store::load_unhandled_requests(owned_shards_, limit));
  const std::size_t of_requests = calls.size();
  if (poll_overdue) {
    calls.push_back(saga::store::load_overdue(overdue_.part(moving_shards(batch.stuck)),
                                              start_patiences(batch), limit));
  }
  if (!calls.empty()) {
    const auto began = std::chrono::steady_clock::now();
    const auto results = session.read(calls);
    if (poll_overdue) overdue_.looked(batch.now, core::since(began));
    std::set<Uuid> known;  // One that a message told of is found by the poll as well.
    for (std::size_t at = 0; at < of_requests; ++at) {
      for (auto& pending : saga::store::read_requests(results[at])) {
        if (!batch.grants.contains(partition_of(pending.order_id))) continue;
        if (!known.insert(pending.id).second) continue;
        inputs.push_back({pending.order_id, std::move(pending.input)});
      }
    }
    if (poll_overdue) {
      for (const auto& wake_up : saga::store::read_wake_ups(results.back())) {
        inputs.push_back({wake_up.order_id, saga::Wake{}});
      }
    }
  }
  if (poll_requests) next_request_poll_ = batch.now + kRequestPoll;
  sagas_.load(inputs, cache_, partition_count_, session);
}

// Looks at every saga in memory.
void Orchestrator::show_progress(Time now) {
  if (now < next_progress_) return;
  next_progress_ = now + kProgressInterval;
  metrics_.in_progress(cache_, now);
  metrics_.waiting(health_);
}

std::vector<core::Duration> Orchestrator::start_patiences(const Batch& batch) const {
  std::vector<core::Duration> patiences;
  for (std::int32_t partition = 0; partition < partition_count_; ++partition) {
    patiences.push_back(start_patience(batch.ages, partition));
  }
  return patiences;
}

// Until when the wake-up is left alone because the saga's OrderPlaced is probably still to come.
Time Orchestrator::held_until(const Saga& saga, const Batch& batch) const {
  const auto& state = saga.state;
  if (state.waiting_for != saga::WaitingFor::kStart || !state.wake_at) return Time::min();
  return *state.wake_at + start_patience(batch.ages, partition_of(saga));
}

// Owned shards whose timers may fire. Those of stuck partitions must not fill a page.
std::vector<std::int32_t> Orchestrator::moving_shards(const std::set<std::int32_t>& stuck) const {
  std::vector<std::int32_t> shards;
  std::copy_if(owned_shards_.begin(), owned_shards_.end(), std::back_inserter(shards),
               [&](std::int32_t shard) {
                 return !stuck.contains(core::partition_of_shard(shard, partition_count_));
               });
  return shards;
}

void Orchestrator::apply(const Batch& batch, const std::vector<SagaBatch::Pending>& inputs) {
  for (const auto& pending : inputs) {
    auto* prepared = sagas_.find(pending.order_id);
    if (prepared == nullptr) {
      metrics_.unknown_order();
      continue;
    }
    if (std::holds_alternative<saga::Wake>(pending.input)) {
      prepared->woken = true;
      prepared->held_until = held_until(prepared->saga, batch);
      if (prepared->held_until > batch.now) continue;
    }
    judge(*prepared, pending.input, batch.now);
  }
}

void Orchestrator::adapt_reply_timeouts() {
  for (const int step : {saga::kPaymentStep, saga::kDeliveryStep}) {
    const auto timeout = health_.reply_timeout(step, reply_timeout_[step]);
    policy_.reply_timeout[step] = timeout;
    single_attempt_.reply_timeout[step] = timeout;
  }
}

void Orchestrator::judge(SagaBatch::Prepared& prepared, const saga::Input& input, Time now) {
  const auto& state = prepared.saga.state;
  const bool down = !health_.available(state.step);
  const bool woken = std::holds_alternative<saga::Wake>(input);
  const bool another_probes =
      down && woken && state.waiting_for == saga::WaitingFor::kOperator && state.wake_at <= now;
  sagas_.decide(prepared, another_probes ? saga::Input{saga::Hold{}} : input, now,
                down ? single_attempt_ : policy_);
}

TransactionDraft Orchestrator::prepare_dead_letter(const Batch& batch, const std::string& reason,
                                                   core::PgSession& session) {
  decided_at_ = batch.now;
  TransactionDraft draft;
  const KafkaMessage* message = batch.messages.front();
  const auto decoded = events::decode_inbox(message->header("ce_type"), message->body());
  if (!decoded) return draft;
  const std::vector<SagaBatch::Pending> inputs{{order_of(*decoded), saga::Poisoned{reason}}};
  sagas_.load(inputs, cache_, partition_count_, session);
  apply(batch, inputs);
  sagas_.write(batch, draft);
  return draft;
}

std::vector<Outgoing> Orchestrator::committed(const Grants& grants) {
  std::vector<Outgoing> outgoing;
  outgoing.reserve(sagas_.events().size() + sagas_.prepared().size());
  for (const auto& stored : sagas_.events()) {
    outgoing.push_back({events::encode(stored.event, topics_[events::Topic::kOrdersEvents]),
                        stored.partition, stored.batch_no});
    tell(stored.event);
  }
  metrics_.events_published(sagas_.events().size());
  for (auto& [id, prepared] : sagas_.prepared()) {
    for (const auto& command : prepared.commands) {
      outgoing.push_back({encode(prepared.saga, command), prepared.partition,
                          grants.at(prepared.partition).batch_no});
    }
    health_.update(id, prepared.saga.state);
    adopt(id, prepared);
  }
  for (const auto& observation : sagas_.observations()) {
    metrics_.observe(observation);
    health_.observe(observation, decided_at_);
  }
  // Of a saga that does not exist.
  for (const auto& [partition, id] : taken_) {
    if (sagas_.find(id) == nullptr) wake_ups_.set(partition, id, Time::max());
  }
  evict();
  discarded();
  return outgoing;
}

void Orchestrator::tell(const events::OrderEvent& event) const {
  if (!logger_.enabled(core::LogLevel::kDebug)) return;
  logger_.log(core::LogLevel::kDebug, "order event", {event.correlation_id, event.traceparent},
              {{"order_id", event.order_id.to_string()},
               {"sequence", event.sequence},
               {"type", event.type},
               {"status", event.status}});
}

void Orchestrator::discarded() {
  taken_.clear();
  sagas_.clear();
}

// A saga whose goods are on their way has ended; the carrier's report is still to come.
void Orchestrator::adopt(const Uuid& order_id, SagaBatch::Prepared& prepared) {
  const auto& state = prepared.saga.state;
  Time due = state.live() ? state.wake_at.value_or(Time::max()) : Time::max();
  // What a wake-up left as it was must not wake it again at once.
  if (prepared.woken && !prepared.changed && due <= decided_at_) {
    due = std::max(decided_at_ + kOverduePoll, prepared.held_until);
  }
  wake_ups_.set(prepared.partition, order_id, due);
  if (state.live() || state.status == saga::OrderStatus::kDeliveryScheduled) {
    cache_.insert_or_assign(order_id, std::move(prepared.saga));
  } else {
    cache_.erase(order_id);
  }
}

// Any saga may leave the cache: it is read again when something happens to it.
void Orchestrator::evict() {
  while (cache_.size() > cache_limit_) cache_.erase(cache_.begin());
}

Time Orchestrator::next_due() const {
  return std::min(
      {next_request_poll_, overdue_.next(), health_.next_probe(), wake_ups_.next_except(stuck_)});
}

core::Duration Orchestrator::oldest_ready(Time now) const { return wake_ups_.overdue(now); }

core::OutgoingMessage Orchestrator::encode(const Saga& saga, const saga::Command& command) const {
  const auto& facts = saga.facts;
  const auto message = saga::message_of(facts, saga.state, command);
  events::Addressed to{
      topics_[events::Topic::kPaymentsCommands],
      facts.user_id.to_string(),
      kSource,
      {facts.trace.correlation_id, core::child_traceparent(facts.trace.traceparent)},
      message.attempt,
      partition_count_};
  if (const auto* payment = std::get_if<events::PaymentCommand>(&message.body)) {
    return events::encode(*payment, to);
  }
  to.topic = topics_[events::Topic::kDeliveryCommands];
  to.key = facts.order_id.to_string();
  return events::encode(std::get<events::DeliveryCommand>(message.body), to);
}

void run_orchestrator(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                      const std::stop_token& stop) {
  const events::Topics topics(settings.get(events::kTopicPrefix));
  core::DatabaseClock clock;
  Orchestrator orchestrator(settings, topics, logger, metrics);
  OwnerLoop loop(owner_options(events::kOrchestrator, settings), orchestrator, clock, logger,
                 metrics);
  const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
  loop.run();
}

}  // namespace orderflow::consumers
