#include "tests/simulation/participants.hpp"

#include <algorithm>
#include <utility>

namespace orderflow::simulation {

using domain::SimulatedOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kOverdueInterval = seconds{2};
constexpr std::size_t kDueLimit = 1'000;

const Uuid& command_of(const events::PaymentCommand& command) {
  return std::visit([](const auto& message) -> const Uuid& { return message.command_id; }, command);
}

// Empty for a command that is not answered.
std::optional<events::Phase> phase_of(const events::DeliveryCommand& command) {
  return std::visit(
      [](const auto& message) -> std::optional<events::Phase> {
        if constexpr (requires { message.kPhase; }) {
          return message.kPhase;
        } else {
          return std::nullopt;
        }
      },
      command);
}

MessagePtr to_inbox(int order, std::int32_t partition, events::InboxMessage body, int attempt = 0) {
  return std::make_shared<Message>(
      Message{Topic::kInbox, partition, order, attempt, std::move(body)});
}

}  // namespace

// ---- outcomes
// --------------------------------------------------------------------------------------

SimulatedOutcome SimulatedOutcomes::of_action(int order, const Uuid& command, bool payment) {
  const Script& script = scripts_[static_cast<std::size_t>(order)];
  const SimulatedOutcome simulated = of_other(order, payment);
  if (simulated == SimulatedOutcome::kSilent || simulated == SimulatedOutcome::kFailed)
    return simulated;
  const double share = payment ? script.payment_refused : script.delivery_refused;
  // A function of the command: a card that was declined stays declined, whoever asks.
  if (share > 0 && domain::chance(context_.seed, command, "refused", 0) < share) {
    return SimulatedOutcome::kRefused;
  }
  return simulated;
}

SimulatedOutcome SimulatedOutcomes::of_other(int order, bool payment) {
  const Script& script = scripts_[static_cast<std::size_t>(order)];
  if (payment ? script.payment_broken : script.delivery_broken) {
    return script.broken_is_silent ? SimulatedOutcome::kSilent : SimulatedOutcome::kFailed;
  }
  if (context_.faults.strike(Fault::kParticipantSilent)) return SimulatedOutcome::kSilent;
  if (context_.faults.strike(Fault::kParticipantFails)) return SimulatedOutcome::kFailed;
  if (context_.faults.strike(Fault::kReplyLost)) return SimulatedOutcome::kReplyLost;
  return SimulatedOutcome::kNormal;
}

void SimulatedOutcomes::reply(const Message& command, std::int32_t order_partition,
                              events::Reply reply, std::int64_t batch_no,
                              std::vector<Outgoing>& outgoing) {
  Outgoing sent{to_inbox(command.order, order_partition, std::move(reply), command.attempt),
                command.partition,
                batch_no,
                {}};
  if (context_.faults.strike(Fault::kParticipantSlow)) {
    sent.delay = context_.random.between(milliseconds{500}, seconds{12});
  }
  if (context_.faults.strike(Fault::kParticipantTwice)) outgoing.push_back(sent);
  outgoing.push_back(std::move(sent));
}

// ---- payments -----------------------------------------------------------------------------------

std::vector<Payments::Item> Payments::admit(const Work& work) {
  std::vector<Item> items;
  items.reserve(work.messages.size());
  for (const auto& message : work.messages) {
    const auto& command = std::get<events::PaymentCommand>(message->body);
    const SimulatedOutcome simulated =
        std::holds_alternative<events::CapturePayment>(command)
            ? outcomes_.of_action(message->order, command_of(command), true)
            : outcomes_.of_other(message->order, true);
    if (simulated == SimulatedOutcome::kSilent) continue;
    items.push_back({message, command, simulated});
    if (context_.defect == Defect::kAttemptInCommandId) {
      const auto salt = std::to_string(message->attempt);
      std::visit([&](auto& one) { one.command_id = core::derived_uuid(one.command_id, salt); },
                 items.back().command);
    }
  }
  return items;
}

Plan Payments::decide(const Work& work) {
  Plan plan;
  const auto items = admit(work);
  if (items.empty()) return plan;
  std::vector<const events::PaymentCommand*> commands;
  commands.reserve(items.size());
  for (const auto& item : items) commands.push_back(&item.command);
  auto records = database_.payments().read(keys_of(commands));
  for (const auto& item : items) handle_item(item, work, records, plan);
  const auto accounts = records.changed_accounts();
  if (!accounts.empty() && context_.faults.strike(Fault::kAccountMoved)) {
    // More money, so that what the seed has in store for the order stays as it is.
    const auto amount = static_cast<std::int64_t>(1 + context_.random.below(100));
    context_.timeline.at(context_.now(), [&database = database_, id = accounts.front().account->id,
                                          amount] { database.adjust_account(id, amount); });
  }
  plan.transaction.payments = std::move(records);
  return plan;
}

void Payments::handle_item(const Item& item, const Work& work, domain::PaymentRecords& records,
                           Plan& plan) {
  const auto batch_no = work.grants.at(item.message->partition).batch_no + 1;
  const auto partition =
      database_.orders()[static_cast<std::size_t>(item.message->order)].partition;
  const auto answer = [&](events::Reply reply) {
    reply.command_id = command_of(std::get<events::PaymentCommand>(item.message->body));
    outcomes_.reply(*item.message, partition, reply, batch_no, plan.outgoing);
  };
  const bool stored_failure = context_.defect == Defect::kStoreTechnicalFailure;
  if (item.simulated == SimulatedOutcome::kFailed && !stored_failure) {
    answer(domain::technical_failure(item.command, "simulated"));
    return;
  }
  const domain::PaymentContext context{
      work.now,
      item.simulated == SimulatedOutcome::kRefused || item.simulated == SimulatedOutcome::kFailed,
      {}};
  const auto verdict = domain::handle(records, item.command, context);
  if (!verdict)
    throw Violation(item.message->order, "a command contradicts: " + verdict.error().detail);
  if (item.simulated != SimulatedOutcome::kReplyLost) answer(verdict->reply);
}

// ---- delivery -----------------------------------------------------------------------------------

std::int32_t Delivery::partition_of(const domain::Delivery& row) const {
  return database_.orders()[static_cast<std::size_t>(number_of(row.order_id.uuid))].partition;
}

std::vector<Outgoing> Delivery::granted(const Grants& fresh, const Grants& all) {
  for (const auto& [partition, grant] : fresh) timers_.drop(partition);
  owned_.clear();
  for (const auto& [partition, grant] : all) owned_.insert(partition);
  for (const auto& [id, row] : database_.deliveries().rows()) {
    const auto partition = partition_of(row);
    if (row.live && fresh.contains(partition)) {
      timers_.set(partition, id, domain::due_time(row, policy_));
    }
  }
  next_overdue_read_ = Time::min();
  return {};
}

void Delivery::dropped(const std::set<std::int32_t>& partitions) {
  for (const auto partition : partitions) {
    owned_.erase(partition);
    timers_.drop(partition);
  }
  if (owned_.empty()) next_overdue_read_ = Time::max();
}

Delivery::DueByPartition Delivery::collect_due(const Work& work) {
  if (work.now >= next_overdue_read_) {
    for (const auto& [id, row] : database_.deliveries().rows()) {
      if (!row.live || !owned_.contains(partition_of(row))) continue;
      const Time due = domain::due_time(row, policy_);
      if (due <= work.now) timers_.set(partition_of(row), id, due);
    }
    next_overdue_read_ = work.now + kOverdueInterval;
  }
  DueByPartition due;
  for (const auto partition : owned_) {
    if (stuck_.contains(partition) || !work.grants.contains(partition)) continue;
    auto ids = timers_.due(partition, work.now, kDueLimit);
    if (!ids.empty()) due.emplace(partition, std::move(ids));
  }
  return due;
}

Plan Delivery::decide(const Work& work) {
  Plan plan;
  stuck_ = work.stuck;
  std::vector<std::pair<MessagePtr, SimulatedOutcome>> items;
  for (const auto& message : work.messages) {
    const auto& command = std::get<events::DeliveryCommand>(message->body);
    SimulatedOutcome simulated = SimulatedOutcome::kNormal;
    const auto phase = phase_of(command);
    if (phase == events::Phase::kDo) {
      simulated = outcomes_.of_action(message->order, domain::delivery_of(command), false);
    } else if (phase == events::Phase::kUndo) {
      simulated = outcomes_.of_other(message->order, false);
    }
    if (simulated != SimulatedOutcome::kSilent) items.emplace_back(message, simulated);
  }
  const auto due = collect_due(work);
  std::set<Uuid> ids;
  for (const auto& [message, simulated] : items) {
    ids.insert(domain::delivery_of(std::get<events::DeliveryCommand>(message->body)));
  }
  for (const auto& [partition, rows] : due) ids.insert(rows.begin(), rows.end());
  if (ids.empty()) return plan;
  auto records = database_.deliveries().read(ids);
  for (const auto& [message, simulated] : items)
    handle_item(message, simulated, work, records, plan);
  fire_due(due, work, records, plan);
  prepare_timers(records, due);
  plan.transaction.deliveries = std::move(records);
  return plan;
}

void Delivery::handle_item(const MessagePtr& message, SimulatedOutcome simulated, const Work& work,
                           domain::DeliveryRecords& records, Plan& plan) {
  const auto& command = std::get<events::DeliveryCommand>(message->body);
  const auto batch_no = work.grants.at(message->partition).batch_no + 1;
  if (simulated == SimulatedOutcome::kFailed) {
    outcomes_.reply(*message, message->partition, domain::technical_failure(command, "simulated"),
                    batch_no, plan.outgoing);
    return;
  }
  const domain::DeliveryContext context{
      database_.orders()[static_cast<std::size_t>(message->order)].facts.order_id,
      work.now,
      simulated == SimulatedOutcome::kRefused,
      {}};
  const auto verdict = domain::handle(records, command, context, policy_);
  if (!verdict) throw Violation(message->order, "a command contradicts: " + verdict.error().detail);
  if (!verdict->reply || simulated == SimulatedOutcome::kReplyLost) return;
  outcomes_.reply(*message, message->partition, *verdict->reply, batch_no, plan.outgoing);
}

void Delivery::fire_due(const DueByPartition& due, const Work& work,
                        domain::DeliveryRecords& records, Plan& plan) {
  for (const auto& [partition, ids] : due) {
    for (const auto& id : ids) {
      const auto report = domain::fire(records, id, work.now, policy_);
      if (!report) continue;
      plan.touched.insert(partition);
      if (context_.defect == Defect::kReportOnce && records.find(id)->report_attempts > 1) continue;
      plan.outgoing.push_back({to_inbox(number_of(report->order_id), partition, *report),
                               partition,
                               work.grants.at(partition).batch_no + 1,
                               {}});
    }
  }
}

void Delivery::prepare_timers(const domain::DeliveryRecords& records, const DueByPartition& due) {
  prepared_.clear();
  for (const auto& rows : {records.new_rows(), records.changed_rows()}) {
    for (const auto* row : rows) {
      prepared_.push_back({partition_of(*row), row->id, domain::due_time(*row, policy_)});
    }
  }
  // Timers that fired for nothing: their row says something else by now, or is gone.
  for (const auto& [partition, ids] : due) {
    for (const auto& id : ids) {
      const auto* row = records.find(id);
      prepared_.push_back(
          {partition, id, row == nullptr ? Time::max() : domain::due_time(*row, policy_)});
    }
  }
}

void Delivery::committed() {
  for (const auto& change : prepared_) {
    if (owned_.contains(change.partition)) timers_.set(change.partition, change.id, change.due);
  }
  prepared_.clear();
}

Time Delivery::next_due() const {
  Time next = next_overdue_read_;
  for (const auto partition : owned_) {
    if (!stuck_.contains(partition)) next = std::min(next, timers_.next(partition));
  }
  return next;
}

}  // namespace orderflow::simulation
