#include "tests/simulation/orchestrator.hpp"

#include <algorithm>

#include "saga/order/command_messages.hpp"

namespace orderflow::simulation {

using std::chrono::seconds;

namespace {

constexpr Duration kRequestPoll = seconds{1};
constexpr Duration kOverduePoll = seconds{2};
constexpr Duration kOverdueBy = seconds{1};
constexpr Duration kHeldRetry = seconds{15};
constexpr Duration kHeldRound = seconds{1};
constexpr std::size_t kReleasedMax = 512;

}  // namespace

std::vector<Outgoing> Orchestrator::granted(const Grants& fresh, const Grants& all) {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : fresh) partitions.insert(partition);
  if (context_.defect != Defect::kKeepStateWhenDropped) dropped(partitions);
  owned_.clear();
  for (const auto& [partition, grant] : all) owned_.insert(partition);
  for (std::size_t i = 0; i < database_.orders().size(); ++i) {
    const OrderRow& order = database_.orders()[i];
    if (partitions.contains(order.partition) && order.state.live() && order.state.wake_at) {
      wake_ups_.emplace(*order.state.wake_at, static_cast<int>(i));
    }
  }
  next_request_poll_ = {};
  next_overdue_poll_ = {};
  for (const auto& [order, sequence] : database_.held()) {
    if (partitions.contains(row(order).partition)) held_[order] = next_turn_++;
  }

  std::vector<Outgoing> unpublished;
  if (context_.defect == Defect::kNoRepublishAtGrant) return unpublished;
  for (const auto& [partition, grant] : fresh) {
    for (auto& stored : database_.events_after(partition, grant.published_mark)) {
      if (held_.contains(stored.order) && context_.defect != Defect::kPublishPastHeld) continue;
      auto message = std::make_shared<Message>(
          Message{Topic::kEvents, partition, stored.order, 0, std::move(stored.event)});
      unpublished.push_back({std::move(message), partition, stored.batch_no});
    }
  }
  return unpublished;
}

void Orchestrator::dropped(const std::set<std::int32_t>& partitions) {
  if (context_.defect == Defect::kKeepStateWhenDropped) return;
  std::erase_if(cache_,
                [&](const auto& entry) { return partitions.contains(row(entry.first).partition); });
  std::erase_if(held_,
                [&](const auto& entry) { return partitions.contains(row(entry.first).partition); });
  for (const auto partition : partitions) owned_.erase(partition);
}

// ---- one transaction ----------------------------------------------------------------------------

Plan Orchestrator::decide(const Work& work) {
  Plan plan;
  std::vector<Pending> inputs;
  std::vector<Uuid> told_of;
  decode(work, inputs, told_of);
  take_due(work, inputs);
  read_requests(work, told_of, inputs);
  read_overdue(work, inputs);
  for (const Pending& pending : inputs) apply(pending, work, plan);
  release(work, plan);
  build(work, plan);
  return plan;
}

// ---- events that the broker refuses -------------------------------------------------------------

Plan Orchestrator::refused(const Work& work, const std::vector<producers::Refused>& refused) {
  Plan plan;
  decided_at_ = work.now;
  for (const auto& event : refused) {
    if (!work.grants.contains(event.owner_partition)) continue;
    const int order = std::stoi(event.subject);
    plan.transaction.held.push_back({order, event.sequence});
    plan.touched.insert(event.owner_partition);
    to_hold_.push_back(order);
  }
  return plan;
}

void Orchestrator::release(const Work& work, Plan& plan) {
  decided_at_ = work.now;
  if (held_.empty() || work.now < next_held_round_) return;
  std::vector<std::pair<std::uint64_t, int>> turns;
  for (const auto& [order, turn] : held_) {
    const auto partition = row(order).partition;
    const bool may = work.grants.contains(partition) && !work.stuck.contains(partition);
    if (may) turns.emplace_back(turn, order);
  }
  std::sort(turns.begin(), turns.end());
  if (turns.size() > held_window_) turns.resize(held_window_);
  if (turns.empty()) next_held_round_ = work.now + kHeldRound;
  for (const auto& [turn, order] : turns) {
    const auto partition = row(order).partition;
    for (auto& stored : database_.events_held(order)) {
      stored.batch_no = work.grants.at(partition).batch_no + 1;
      publish(stored, plan);
      plan.transaction.moved.push_back(std::move(stored));
    }
    plan.transaction.released.push_back(order);
    plan.touched.insert(partition);
    to_release_.insert(order);
  }
}

void Orchestrator::publish(const StoredEvent& stored, Plan& plan) const {
  auto message = std::make_shared<Message>(
      Message{Topic::kEvents, stored.partition, stored.order, 0, stored.event});
  plan.outgoing.push_back({std::move(message), stored.partition, stored.batch_no});
}

// ---- inputs -------------------------------------------------------------------------------------

void Orchestrator::decode(const Work& work, std::vector<Pending>& inputs,
                          std::vector<Uuid>& told_of) const {
  for (const auto& message : work.messages) {
    const auto& body = std::get<events::InboxMessage>(message->body);
    if (const auto* made = std::get_if<events::RequestMade>(&body)) {
      told_of.push_back(made->request_id);
    } else if (std::holds_alternative<events::OrderPlaced>(body)) {
      inputs.push_back({message->order, saga::Start{}});
    } else if (const auto* reply = std::get_if<events::Reply>(&body)) {
      inputs.push_back({message->order, saga::ReplyReceived{*reply, message->attempt}});
    } else {
      inputs.push_back({message->order, std::get<events::DeliveryReport>(body)});
    }
  }
}

void Orchestrator::take_due(const Work& work, std::vector<Pending>& inputs) {
  std::vector<WakeUp> postponed;
  while (!wake_ups_.empty() && wake_ups_.top().first <= work.now) {
    const WakeUp wake_up = wake_ups_.top();
    wake_ups_.pop();
    const auto cached = cache_.find(wake_up.second);
    if (cached != cache_.end() && cached->second.wake_at != wake_up.first) continue;
    const auto partition = row(wake_up.second).partition;
    if (!work.grants.contains(partition)) continue;
    if (work.stuck.contains(partition)) {
      postponed.emplace_back(work.now + seconds{1}, wake_up.second);
      continue;
    }
    taken_.push_back(wake_up);
    inputs.push_back({wake_up.second, saga::Wake{}});
  }
  for (const auto& wake_up : postponed) wake_ups_.push(wake_up);
}

void Orchestrator::read_requests(const Work& work, const std::vector<Uuid>& told_of,
                                 std::vector<Pending>& inputs) {
  const bool poll =
      work.now >= next_request_poll_ && context_.defect != Defect::kRequestsByMessageOnly;
  if (poll || context_.defect == Defect::kRequestsByMessageOnly) {
    next_request_poll_ = std::max(next_request_poll_, work.now + kRequestPoll);
  }
  if (!poll && told_of.empty()) return;
  for (const int index : database_.unhandled()) {
    const RequestRow& request = database_.requests()[static_cast<std::size_t>(index)];
    const bool wanted =
        poll || std::find(told_of.begin(), told_of.end(), request.request.id) != told_of.end();
    if (!wanted || !work.grants.contains(row(request.order).partition)) continue;
    inputs.push_back({request.order, request.request});
  }
}

void Orchestrator::read_overdue(const Work& work, std::vector<Pending>& inputs) {
  if (work.now < next_overdue_poll_) return;
  next_overdue_poll_ = work.now + kOverduePoll;
  const Time before = context_.database_now() - kOverdueBy;
  for (std::size_t i = 0; i < database_.orders().size(); ++i) {
    const OrderRow& order = database_.orders()[i];
    if (!order.state.wake_at || *order.state.wake_at >= before || !order.state.live()) continue;
    if (!owned_.contains(order.partition) || work.stuck.contains(order.partition)) continue;
    if (held_until(order.state, order.partition, work) >= before) continue;
    inputs.push_back({static_cast<int>(i), saga::Wake{}});
  }
}

// Until when the wake-up is left alone because the saga's OrderPlaced is probably still to come.
Time Orchestrator::held_until(const saga::State& state, std::int32_t partition, const Work& work) {
  if (state.waiting_for != saga::WaitingFor::kStart || !state.wake_at) return Time::min();
  return *state.wake_at + consumers::start_grace(work.behind, partition);
}

Orchestrator::Prepared& Orchestrator::prepare(int order) {
  Prepared*& slot = prepared_by_order_[order];
  if (slot != nullptr) return *slot;
  const auto cached = cache_.find(order);
  const saga::State& state = cached != cache_.end() ? cached->second : row(order).state;
  prepared_.push_back(
      std::make_unique<Prepared>(Prepared{order, state, state.version, false, {}, {}}));
  slot = prepared_.back().get();
  return *slot;
}

void Orchestrator::apply(const Pending& pending, const Work& work, Plan& plan) {
  Prepared& prepared = prepare(pending.order);
  const OrderRow& order = row(pending.order);
  if (std::holds_alternative<saga::Wake>(pending.input)) {
    prepared.held_until = held_until(prepared.state, order.partition, work);
    if (prepared.held_until > work.now) return;
  }
  auto decided =
      saga::decide(prepared.state, order.facts, pending.input, work.now, context_.policy);
  if (decided.deferred) return;
  if (decided.state != prepared.state) {
    prepared.state = std::move(decided.state);
    prepared.changed = true;
  }
  prepared.commands.insert(prepared.commands.end(), decided.commands.begin(),
                           decided.commands.end());
  for (auto& event : decided.events) {
    plan.transaction.events.push_back({pending.order, std::move(event), order.partition, 0});
  }
  for (auto& update : decided.requests) {
    auto& updates = plan.transaction.requests;
    const auto same = std::find_if(updates.begin(), updates.end(),
                                   [&](const auto& known) { return known.id == update.id; });
    same == updates.end() ? updates.push_back(std::move(update)) : void(*same = std::move(update));
  }
}

void Orchestrator::build(const Work& work, Plan& plan) {
  Transaction& transaction = plan.transaction;
  for (const auto& prepared : prepared_) {
    const auto partition = row(prepared->order).partition;
    if (prepared->changed) {
      prepared->state.version = prepared->loaded_version + 1;
      transaction.sagas.push_back({prepared->order, prepared->state, prepared->loaded_version});
    }
    // A refusal changes no saga, yet must be written by the owner only.
    if (prepared->changed || !transaction.requests.empty()) plan.touched.insert(partition);
  }
  for (auto& stored : transaction.events) {
    stored.batch_no = work.grants.at(stored.partition).batch_no + 1;
    const bool behind_held = held_.contains(stored.order) && !to_release_.contains(stored.order);
    if (!behind_held || context_.defect == Defect::kPublishPastHeld) publish(stored, plan);
  }
  // Only a partition whose row this transaction changes gets a new number.
  auto advanced = plan.touched;
  for (const auto& message : work.messages) advanced.insert(message->partition);
  for (const auto& prepared : prepared_) {
    const auto partition = row(prepared->order).partition;
    const auto batch_no = work.grants.at(partition).batch_no;
    send(*prepared, batch_no + (advanced.contains(partition) ? 1 : 0), plan);
  }
}

void Orchestrator::send(const Prepared& prepared, std::int64_t batch_no, Plan& plan) const {
  for (const auto& command : prepared.commands) {
    plan.outgoing.push_back({encode(prepared, command), row(prepared.order).partition, batch_no});
  }
}

MessagePtr Orchestrator::encode(const Prepared& prepared, const saga::Command& command) const {
  const OrderRow& order = row(prepared.order);
  auto [body, attempt] = saga::message_of(order.facts, prepared.state, command);
  if (auto* payment = std::get_if<events::PaymentCommand>(&body)) {
    return std::make_shared<Message>(Message{Topic::kPayments, order.account_partition,
                                             prepared.order, attempt, std::move(*payment)});
  }
  return std::make_shared<Message>(Message{Topic::kDelivery, order.partition, prepared.order,
                                           attempt,
                                           std::get<events::DeliveryCommand>(std::move(body))});
}

void Orchestrator::committed() {
  for (auto& prepared : prepared_) {
    if (!prepared->state.live()) {
      cache_.erase(prepared->order);
      continue;
    }
    // One that is held back the poll brings again.
    if (prepared->state.wake_at && prepared->held_until <= *prepared->state.wake_at) {
      wake_ups_.emplace(*prepared->state.wake_at, prepared->order);
    }
    cache_.insert_or_assign(prepared->order, std::move(prepared->state));
  }
  while (cache_.size() > cache_limit_) cache_.erase(cache_.begin());
  taken_.clear();
  for (const int order : to_release_) held_.erase(order);
  if (!to_release_.empty()) {
    held_window_ = std::min(2 * held_window_, kReleasedMax);
    next_held_round_ = decided_at_ + kHeldRound;
  }
  for (const int order : to_hold_) held_[order] = next_turn_++;
  if (!to_hold_.empty()) {
    held_window_ = 1;
    next_held_round_ = decided_at_ + kHeldRetry;
  }
  discarded();
}

void Orchestrator::discarded() {
  for (const auto& wake_up : taken_) wake_ups_.push(wake_up);
  taken_.clear();
  prepared_.clear();
  prepared_by_order_.clear();
  to_hold_.clear();
  to_release_.clear();
}

Time Orchestrator::next_due() const {
  Time due = std::min(next_request_poll_, next_overdue_poll_);
  if (!wake_ups_.empty()) due = std::min(due, wake_ups_.top().first);
  if (!held_.empty()) due = std::min(due, next_held_round_);
  return due;
}

}  // namespace orderflow::simulation
