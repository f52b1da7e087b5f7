#include "consumers/sagas/orchestrator.hpp"

#include <algorithm>
#include <utility>

#include "consumers/runtime/owner_options.hpp"
#include "consumers/sagas/inbox.hpp"
#include "consumers/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/values/shard.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"

namespace orderflow::consumers {

using core::Uuid;
using producers::Outgoing;
using saga::Saga;

namespace {

constexpr core::Duration kProgressInterval = std::chrono::seconds{2};
constexpr auto kWaitingAtGrant = static_cast<std::int32_t>(ParticipantHealth::kRememberedMax);

bool asks_for_release(const saga::Input& input) {
  const auto* request = std::get_if<saga::Request>(&input);
  return request != nullptr && std::holds_alternative<saga::ReleaseEvents>(request->kind);
}

}  // namespace

Orchestrator::Orchestrator(const core::Settings& settings, events::Topics topics,
                           core::Logger& logger, core::Metrics& metrics, core::Health& health)
    : messages_(std::move(topics)),
      logger_(logger),
      metrics_(metrics),
      policies_(settings),
      health_(policies_.probe_interval()),
      wake_ups_(settings.get(core::kBatchLimit)),
      polls_(settings.get(core::kBatchLimit)),
      held_(metrics, health),
      unreadable_(logger, metrics, health),
      cache_limit_(settings.get(kSagaCache)) {}

std::int32_t Orchestrator::partition_of(const Saga& saga) const {
  return saga.facts->order_id.partition(partition_count_);
}

std::int32_t Orchestrator::partition_of(const Uuid& order_id) const {
  return core::partition_of_key(order_id.text().view(), partition_count_);
}

std::vector<Outgoing> Orchestrator::granted(const Grants& fresh, const Grants& all,
                                            std::int32_t partition_count,
                                            core::PgSession& session) {
  partition_count_ = partition_count;
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : fresh) partitions.insert(partition);
  dropped(partitions);

  const auto fresh_shards = shards_of(fresh, partition_count);
  wake_ups_.load(fresh, fresh_shards, partition_count, session);
  const auto waiting = saga::store::load_waiting(fresh_shards, kWaitingAtGrant);
  const auto read = saga::store::read_waiting(session.execute(waiting));
  health_.restore(read.rows);
  for (const auto& one : read.unreadable) {
    unreadable_.add(one, partition_of(one.order_id()), decided_at_);
  }
  polls_.granted(shards_of(all, partition_count), partition_count);
  held_.load(fresh_shards, partition_count, session);
  auto unpublished = messages_.unpublished(fresh, held_, session);
  metrics_.events_published(unpublished.size());
  return unpublished;
}

void Orchestrator::dropped(const std::set<std::int32_t>& partitions) {
  std::erase_if(cache_,
                [&](const auto& entry) { return partitions.contains(partition_of(entry.second)); });
  health_.forget_if(
      [&](const Uuid& order_id) { return partitions.contains(partition_of(order_id)); });
  wake_ups_.drop(partitions);
  polls_.dropped(partitions);
  held_.drop(partitions);
  unreadable_.drop(partitions);
  // At once: an owner that has lost everything handles no batch that would.
  next_progress_ = {};
  show_progress(decided_at_);
}

TransactionDraft Orchestrator::prepare(const Batch& batch, core::PgSession& session) {
  decided_at_ = batch.now;
  wake_ups_.hold(batch.stuck);
  policies_.adapt(health_);
  auto inbox = read_inbox(batch);
  metrics_.misplaced(inbox.misplaced);
  if (batch.include_due) {
    wake_ups_.take_due(batch, inbox.inputs);
    take_probes(batch, inbox.inputs);
    unreadable_.look_again(batch, inbox.inputs);
    show_progress(batch.now);
  }
  polls_.leave_out(unreadable_.order_ids());
  polls_.read(batch, inbox.request_ids, inbox.inputs, session);
  TransactionDraft draft;
  draft.dead_letters = std::move(inbox.dead_letters);
  apply(batch, inbox.inputs, session, draft);
  held_.release(batch, session, draft);
  sagas_.write(batch, draft);
  return draft;
}

// Of the sagas that wait for a participant, those that are to ask it now.
void Orchestrator::take_probes(const Batch& batch, std::vector<SagaBatch::Pending>& inputs) {
  const auto can_ask = [&](const Uuid& order_id) {
    const auto partition = partition_of(order_id);
    return batch.grants.contains(partition) && !batch.stuck.contains(partition) &&
           !unreadable_.contains(order_id);
  };
  for (const auto& order_id : health_.take_probes(batch.now, can_ask)) {
    inputs.push_back({order_id, saga::Probe{}});
  }
}

// Goes through all sagas in memory.
void Orchestrator::show_progress(Time now) {
  if (now < next_progress_) return;
  next_progress_ = now + kProgressInterval;
  metrics_.in_progress(cache_, now);
  metrics_.waiting(health_);
}

void Orchestrator::load(const std::vector<SagaBatch::Pending>& inputs, core::PgSession& session) {
  sagas_.load(inputs, cache_, partition_count_, session);
  for (const auto& pending : inputs) {
    const auto& order_id = pending.order_id;
    if (const auto* unreadable = sagas_.unreadable(order_id)) {
      unreadable_.add(*unreadable, partition_of(order_id), decided_at_);
    } else {
      unreadable_.remove(order_id);
    }
  }
}

// No input for a saga that cannot be read is lost: its row says what is due, requests stay
// unhandled, whoever waits for a saga repeats what it said, and a person may replay the rest.
void Orchestrator::pass_over(const SagaBatch::Pending& pending, TransactionDraft& draft) {
  const auto* unreadable = sagas_.unreadable(pending.order_id);
  if (unreadable == nullptr) {
    metrics_.unknown_order();
  } else if (pending.message != nullptr) {
    draft.dead_letters.push_back({pending.message, unreadable->what()});
  }
}

void Orchestrator::apply(const Batch& batch, const std::vector<SagaBatch::Pending>& inputs,
                         core::PgSession& session, TransactionDraft& draft) {
  load(inputs, session);
  for (const auto& pending : inputs) {
    auto* prepared = sagas_.find(pending.order_id);
    if (prepared == nullptr) {
      pass_over(pending, draft);
      continue;
    }
    if (asks_for_release(pending.input)) held_.expedite(pending.order_id);
    if (std::holds_alternative<saga::Wake>(pending.input)) {
      prepared->woken = true;
      prepared->held_until = WakeUps::held_until(prepared->saga.state, prepared->partition, batch);
      if (prepared->held_until > batch.now) continue;
    }
    judge(*prepared, pending.input, batch.now);
  }
}

// A saga whose participant is not available keeps quiet unless it is the one to probe.
void Orchestrator::judge(SagaBatch::Prepared& prepared, const saga::Input& input, Time now) {
  const auto& state = prepared.saga.state;
  const bool available = health_.available(state.step);
  const bool woken = std::holds_alternative<saga::Wake>(input);
  const bool another_probes = !available && woken &&
                              state.waiting_for == saga::WaitingFor::kOperator &&
                              state.wake_at <= now;
  sagas_.decide(prepared, another_probes ? saga::Input{saga::Hold{}} : input, now,
                policies_.when(available));
}

TransactionDraft Orchestrator::prepare_dead_letter(const Batch& batch, const std::string& reason,
                                                   core::PgSession& session) {
  decided_at_ = batch.now;
  TransactionDraft draft;
  const auto inputs = poisoned(*batch.messages.front(), reason);
  apply(batch, inputs, session, draft);
  sagas_.write(batch, draft);
  return draft;
}

// An event is held, a saga whose command cannot be sent waits for a person.
TransactionDraft Orchestrator::prepare_refused(const Batch& batch,
                                               const std::vector<producers::Refused>& refused,
                                               core::PgSession& session) {
  decided_at_ = batch.now;
  TransactionDraft draft;
  held_.hold(batch, refused, draft);
  std::vector<SagaBatch::Pending> inputs;
  for (const auto& message : refused) {
    const auto order_id = Uuid::parse(message.subject);
    if (message.sequence > 0 || !order_id) continue;
    if (!batch.grants.contains(partition_of(*order_id))) continue;
    inputs.push_back({*order_id, saga::Unsendable{message.why.text()}});
  }
  apply(batch, inputs, session, draft);
  sagas_.write(batch, draft);
  return draft;
}

std::vector<Outgoing> Orchestrator::committed(const Grants& grants) {
  std::vector<Outgoing> outgoing;
  outgoing.reserve(sagas_.events().size() + sagas_.prepared().size());
  for (const auto& stored : held_.committed()) outgoing.push_back(messages_.event(stored));
  for (const auto& stored : sagas_.events()) {
    if (!held_.holds(stored.event.order_id)) outgoing.push_back(messages_.event(stored));
    log_event(stored.event);
  }
  metrics_.events_published(sagas_.events().size());
  for (auto& [id, prepared] : sagas_.prepared()) {
    for (const auto& command : prepared.commands) {
      outgoing.push_back(messages_.command(
          prepared, command, grants.at(prepared.partition).batch_no, partition_count_));
    }
    health_.update(id, prepared.saga.state);
    wake_ups_.set(prepared, decided_at_);
    keep(id, prepared);
  }
  for (const auto& observation : sagas_.observations()) {
    metrics_.observe(observation);
    health_.observe(observation, decided_at_);
  }
  wake_ups_.forget_unknown(sagas_);
  evict();
  discarded();
  return outgoing;
}

void Orchestrator::log_event(const events::OrderEvent& event) const {
  if (!logger_.enabled(core::LogLevel::kDebug)) return;
  logger_.log(core::LogLevel::kDebug, "order event", {event.correlation_id, event.traceparent},
              {{"order_id", event.order_id.to_string()},
               {"sequence", event.sequence},
               {"type", event.type},
               {"status", event.status}});
}

void Orchestrator::discarded() {
  wake_ups_.discarded();
  held_.discarded();
  sagas_.clear();
}

// A saga whose goods are on their way has ended; the carrier's report is still to come.
void Orchestrator::keep(const Uuid& order_id, SagaBatch::Prepared& prepared) {
  const auto& state = prepared.saga.state;
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
      {polls_.next(), health_.next_probe(), wake_ups_.next(), held_.next(), unreadable_.next()});
}

core::Duration Orchestrator::oldest_ready(Time now) const { return wake_ups_.overdue(now); }

void run_orchestrator(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                      core::Health& health, const std::stop_token& stop) {
  const events::Topics topics(settings.get(events::kTopicPrefix));
  core::DatabaseClock clock;
  Orchestrator orchestrator(settings, topics, logger, metrics, health);
  OwnerLoop loop(owner_options(events::kOrchestrator, settings), orchestrator, clock, logger,
                 metrics, health);
  const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
  loop.run();
}

}  // namespace orderflow::consumers
