#include "consumers/participants/delivery_handler.hpp"

#include <algorithm>
#include <utility>

#include "core/values/shard_key.hpp"
#include "domain/delivery/rows.hpp"
#include "events/roles.hpp"

namespace orderflow::consumers {
namespace {

using core::Uuid;
using domain::SimulatedOutcome;
using events::ReplyOutcome;

// What the simulated carriers do with an attempt of each command.
SimulatedOutcome simulated(const domain::Simulation& simulation, int attempt,
                           const events::ScheduleDelivery& schedule) {
  return simulation.of_schedule(schedule.command_id, attempt, schedule.address);
}
SimulatedOutcome simulated(const domain::Simulation& simulation, int attempt,
                           const events::CancelDelivery& cancel) {
  return simulation.of_other(cancel.command_id, attempt, "cancel");
}
SimulatedOutcome simulated(const domain::Simulation&, int, const events::AcknowledgeReport&) {
  return SimulatedOutcome::kNormal;
}

core::ShardKey order_of(const events::DeliveryCommand& command) {
  return std::visit([](const auto& message) { return core::ShardKey(message.order_id); }, command);
}

// The label of the metric deliveries_total.
std::string outcome_of(const domain::DeliveryVerdict& verdict) {
  if (verdict.repeated) return "repeated";
  const bool refused = verdict.reply && verdict.reply->outcome == ReplyOutcome::kRefused;
  return refused ? verdict.reply->code : std::string(verdict.outcome);
}

}  // namespace

DeliveryHandler::DeliveryHandler(DeliveryHandlerOptions options, core::Logger& logger,
                                 core::Metrics& metrics)
    : options_(std::move(options)),
      logger_(logger),
      effects_(std::string(events::kDelivery.name), options_.inbox_topic, metrics,
               "deliveries_total", "Delivery commands and carrier steps by what they came to."),
      timers_({options_.timer_limit, options_.due_limit, options_.overdue_interval},
              options_.policy, metrics) {}

// Replies are not published again: a saga that misses one repeats its command. Reports are, by
// their timers.
std::vector<producers::Outgoing> DeliveryHandler::granted(const Grants& fresh, const Grants& all,
                                                          std::int32_t partition_count,
                                                          core::PgSession& session) {
  std::erase_if(live_, [&](const auto& entry) { return fresh.contains(entry.second.partition); });
  timers_.granted(fresh, all, partition_count, session);
  return {};
}

void DeliveryHandler::dropped(const std::set<std::int32_t>& partitions) {
  std::erase_if(live_,
                [&](const auto& entry) { return partitions.contains(entry.second.partition); });
  timers_.dropped(partitions);
}

std::vector<DeliveryHandler::Item> DeliveryHandler::admit(const Batch& batch,
                                                          TransactionDraft& draft) {
  effects_.begin(batch.partition_count);
  std::vector<Item> items;
  items.reserve(batch.messages.size());
  for (const auto* message : batch.messages) {
    // Before its partition is judged: what cannot be decoded is a dead letter in any partition.
    auto command = events::decode_delivery_command(message->header("ce_type"), message->body());
    if (!command) {
      draft.dead_letters.push_back({message, command.error().detail});
      continue;
    }
    const core::ShardKey order = order_of(*command);
    if (!effects_.well_placed(*message, order.shard)) continue;
    const int attempt = events::attempt_of(*message);
    const SimulatedOutcome outcome = std::visit(
        [&](const auto& one) { return simulated(options_.simulation, attempt, one); }, *command);
    if (outcome == SimulatedOutcome::kSilent) {
      effects_.count("silent");
      continue;
    }
    items.push_back({message, std::move(*command), order, outcome});
  }
  return items;
}

TransactionDraft DeliveryHandler::prepare(const Batch& batch, core::PgSession& session) {
  timers_.begin(batch);
  TransactionDraft draft;
  const auto items = admit(batch, draft);
  DueByPartition due;
  if (batch.include_due) due = timers_.due(batch, session);
  std::set<Uuid> ids;
  for (const auto& item : items) ids.insert(domain::delivery_of(item.command));
  for (const auto& [partition, rows] : due) ids.insert(rows.begin(), rows.end());
  if (ids.empty()) return draft;
  auto records = read_records(ids, session);
  for (const auto& item : items) handle_item(item, batch.now, records, draft);
  fire_due(due, batch.now, records, draft);
  draft.calls = domain::write_delivery_records(records);
  prepare(records, due, batch.partition_count);
  return draft;
}

void DeliveryHandler::handle_item(const Item& item, Time now, domain::DeliveryRecords& records,
                                  TransactionDraft& draft) {
  const core::Trace trace = events::trace_of(*item.message);
  if (item.simulated == SimulatedOutcome::kFailed) {
    effects_.count("failed");
    effects_.reply(*item.message, item.order,
                   domain::technical_failure(item.command, "the carriers failed (simulated)"),
                   trace);
    return;
  }
  const domain::DeliveryContext context{item.order, now,
                                        item.simulated == SimulatedOutcome::kRefused, trace};
  const auto verdict = domain::handle(records, item.command, context, timers_.policy());
  if (!verdict) {
    draft.dead_letters.push_back({item.message, verdict.error().detail});
    return;
  }
  effects_.count(outcome_of(*verdict));
  if (std::holds_alternative<events::AcknowledgeReport>(item.command)) {
    timers_.acknowledged();
    if (!verdict->repeated) {
      const auto* delivery = records.find(domain::delivery_of(item.command));
      timers_.acknowledged_after(now - delivery->delivered_at.value_or(now));
    }
  }
  if (!verdict->reply || item.simulated == SimulatedOutcome::kReplyLost) return;
  effects_.reply(*item.message, item.order, *verdict->reply, trace);
  const bool refused = verdict->reply->outcome != ReplyOutcome::kDone;
  const auto level = refused ? core::LogLevel::kInfo : core::LogLevel::kDebug;
  if (!logger_.enabled(level)) return;
  logger_.log(level, "delivery command answered", trace,
              {{"order_id", verdict->reply->order_id.to_string()},
               {"command_id", verdict->reply->command_id.to_string()},
               {"code", verdict->reply->code}});
}

void DeliveryHandler::fire_due(const DueByPartition& due, Time now,
                               domain::DeliveryRecords& records, TransactionDraft& draft) {
  for (const auto& [partition, ids] : due) {
    for (const auto& id : ids) {
      const auto report = domain::fire(records, id, now, timers_.policy());
      if (!report) continue;
      const auto* delivery = records.find(id);
      effects_.count(delivery->report_attempts > 1 ? "report_repeated" : "delivered");
      effects_.report(partition, delivery->order_id, *report, delivery->trace);
      timers_.report_sent(now);
      draft.touched.insert(partition);
    }
  }
}

domain::DeliveryRecords DeliveryHandler::read_records(const std::set<Uuid>& ids,
                                                      core::PgSession& session) const {
  auto unknown = ids;
  std::erase_if(unknown, [&](const Uuid& id) { return live_.contains(id); });
  auto records = domain::read_delivery_records(session, unknown);
  for (const auto& id : ids) {
    if (const auto found = live_.find(id); found != live_.end()) records.add(found->second.row);
  }
  return records;
}

void DeliveryHandler::prepare(const domain::DeliveryRecords& records, const DueByPartition& due,
                              std::int32_t partition_count) {
  // Every timer that fired, by what its row says; it may be due no more, or gone.
  for (const auto& [partition, ids] : due) {
    for (const auto& id : ids) {
      const auto* row = records.find(id);
      const Time next = row == nullptr ? Time::max() : domain::due_time(*row, timers_.policy());
      prepared_.push_back({partition, id, next, std::nullopt});
    }
  }
  const auto prepare_written = [&](const std::vector<const domain::Delivery*>& rows) {
    for (const auto* row : rows) {
      auto& change = prepared_.emplace_back(row->order_id.partition(partition_count), row->id,
                                            domain::due_time(*row, timers_.policy()));
      if (!row->live) continue;
      change.live_row = *row;
      change.live_row->address.clear();  // As if read.
    }
  };
  prepare_written(records.new_rows());
  prepare_written(records.changed_rows());
}

void DeliveryHandler::keep(Change& change) {
  timers_.set(change.partition, change.id, change.due);
  if (change.live_row && (live_.size() < options_.row_limit || live_.contains(change.id))) {
    live_.insert_or_assign(change.id, LiveRow{change.partition, std::move(*change.live_row)});
  } else {
    live_.erase(change.id);
  }
}

std::vector<producers::Outgoing> DeliveryHandler::committed(const Grants& grants) {
  for (auto& change : prepared_) {
    if (timers_.owns(change.partition)) keep(change);
  }
  prepared_.clear();
  timers_.show_count();
  return effects_.release(grants);
}

void DeliveryHandler::discarded() {
  prepared_.clear();
  effects_.discard();
}

Time DeliveryHandler::next_due() const { return timers_.next(); }

core::Duration DeliveryHandler::oldest_ready(Time now) const { return timers_.overdue(now); }

}  // namespace orderflow::consumers
