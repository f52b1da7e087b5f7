#include "consumers/participants/delivery_handler.hpp"

#include <algorithm>
#include <utility>

#include "core/values/shard.hpp"
#include "domain/delivery/rows.hpp"
#include "events/roles.hpp"

namespace orderflow::consumers {
namespace {

using core::Uuid;
using domain::SimulatedOutcome;
using events::ReplyOutcome;

// The scan for overdue rows takes one part in so many of the time, however many rows are live.
constexpr int kOverdueReadShare = 50;
constexpr auto kOverduePassMax = std::chrono::minutes{1};

std::vector<std::int32_t> shards_of(const std::set<std::int32_t>& partitions,
                                    std::int32_t partition_count) {
  std::vector<std::int32_t> shards;
  for (std::int32_t shard = 0; shard < core::kShardCount; ++shard) {
    if (partitions.contains(core::partition_of_shard(shard, partition_count))) {
      shards.push_back(shard);
    }
  }
  return shards;
}

SimulatedOutcome simulated_outcome(const domain::Simulation& simulation,
                                   const events::DeliveryCommand& command, int attempt) {
  if (const auto* schedule = std::get_if<events::ScheduleDelivery>(&command)) {
    return simulation.of_schedule(schedule->command_id, attempt, schedule->address);
  }
  if (const auto* cancel = std::get_if<events::CancelDelivery>(&command)) {
    return simulation.of_other(cancel->command_id, attempt, "cancel");
  }
  return SimulatedOutcome::kNormal;
}

const Uuid& delivery_of(const events::DeliveryCommand& command) {
  if (const auto* schedule = std::get_if<events::ScheduleDelivery>(&command)) {
    return schedule->command_id;
  }
  if (const auto* cancel = std::get_if<events::CancelDelivery>(&command)) {
    return cancel->command_id;
  }
  return std::get<events::AcknowledgeReport>(command).delivery_id;
}

// The label of the metric deliveries_total.
std::string outcome_of(const events::DeliveryCommand& command,
                       const domain::DeliveryVerdict& verdict,
                       const domain::DeliveryRecords& records) {
  if (verdict.repeated) return "repeated";
  if (!verdict.reply) return "acknowledged";
  if (verdict.reply->outcome == ReplyOutcome::kRefused) return verdict.reply->code;
  if (std::holds_alternative<events::ScheduleDelivery>(command)) return "scheduled";
  const auto* delivery = records.find(verdict.reply->command_id);
  const bool voided = delivery != nullptr && delivery->status == domain::DeliveryStatus::kVoided;
  return voided ? "voided" : "cancelled";
}

}  // namespace

DeliveryHandler::DeliveryHandler(DeliveryHandlerOptions options, core::Logger& logger,
                                 core::Metrics& metrics)
    : options_(std::move(options)),
      policy_(options_.policy),
      report_window_(options_.policy.report_backoff_max),
      logger_(logger),
      effects_(std::string(events::kDelivery.name), options_.inbox_topic, metrics,
               "deliveries_total", "Delivery commands and carrier steps by what they came to."),
      timers_gauge_(
          metrics.gauge("delivery_timers", "Deliveries whose carrier or report is awaited.")),
      timers_(options_.timer_limit),
      overdue_(kOverdueReadShare, options_.overdue_interval, kOverduePassMax) {}

// Replies are not published again: a saga that misses one repeats its command. Reports are, by
// their timers.
std::vector<producers::Outgoing> DeliveryHandler::granted(const Grants& fresh, const Grants& all,
                                                          std::int32_t partition_count,
                                                          core::PgSession& session) {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : fresh) partitions.insert(partition);
  dropped(partitions);
  owned_.clear();
  for (const auto& [partition, grant] : all) owned_.insert(partition);
  owned_.insert(partitions.begin(), partitions.end());
  const auto live = domain::read_live(session, shards_of(partitions, partition_count),
                                      options_.timer_limit, policy_);
  for (const auto& row : live) {
    timers_.set(core::partition_of_shard(row.shard, partition_count), row.id, row.due);
  }
  overdue_.restart();
  timers_gauge_.Set(static_cast<double>(timers_.size()));
  return {};
}

void DeliveryHandler::dropped(const std::set<std::int32_t>& partitions) {
  for (const auto partition : partitions) {
    owned_.erase(partition);
    timers_.drop(partition);
  }
  std::erase_if(live_,
                [&](const auto& entry) { return partitions.contains(entry.second.partition); });
  if (owned_.empty()) overdue_.stop();
  timers_gauge_.Set(static_cast<double>(timers_.size()));
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
    if (!effects_.well_placed(*message)) continue;
    const SimulatedOutcome simulated =
        simulated_outcome(options_.simulation, *command, events::attempt_of(*message));
    if (simulated == SimulatedOutcome::kSilent) {
      effects_.count("silent");
      continue;
    }
    items.push_back({message, std::move(*command), simulated});
  }
  return items;
}

void DeliveryHandler::reread_overdue(const Batch& batch, core::PgSession& session) {
  if (batch.now < overdue_.next()) return;
  const auto shards = overdue_.chunk(shards_of(owned_, batch.partition_count));
  const auto began = std::chrono::steady_clock::now();
  const auto rows = domain::read_overdue(session, shards, batch.now, options_.due_limit, policy_);
  for (const auto& row : rows) {
    timers_.set(core::partition_of_shard(row.shard, batch.partition_count), row.id, row.due);
  }
  overdue_.took(core::since(began), batch.now);
}

DeliveryHandler::DueByPartition DeliveryHandler::collect_due(const Batch& batch) {
  DueByPartition due;
  std::size_t room = std::min(options_.due_limit, report_window_.room(batch.now));
  for (const auto partition : owned_) {
    if (room == 0) break;
    if (stuck_.contains(partition) || !batch.grants.contains(partition)) continue;
    auto ids = timers_.due(partition, batch.now, room);
    room -= ids.size();
    if (!ids.empty()) due.emplace(partition, std::move(ids));
  }
  return due;
}

// A report is repeated after twice the time that acknowledgements usually take.
void DeliveryHandler::adapt_report_backoff() {
  policy_.report_backoff_initial = acknowledgements_.timeout(options_.policy.report_backoff_initial,
                                                             options_.policy.report_backoff_max);
}

TransactionDraft DeliveryHandler::prepare(const Batch& batch, core::PgSession& session) {
  adapt_report_backoff();
  stuck_ = batch.stuck;
  TransactionDraft draft;
  const auto items = admit(batch, draft);
  DueByPartition due;
  if (batch.include_due) {
    reread_overdue(batch, session);
    due = collect_due(batch);
  }
  std::set<Uuid> ids;
  for (const auto& item : items) ids.insert(delivery_of(item.command));
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
    effects_.reply(*item.message,
                   domain::technical_failure(item.command, "the carriers failed (simulated)"),
                   trace);
    return;
  }
  const domain::DeliveryContext context{now, item.simulated == SimulatedOutcome::kRefused, trace};
  const auto verdict = domain::handle(records, item.command, context, policy_);
  if (!verdict) {
    draft.dead_letters.push_back({item.message, verdict.error().detail});
    return;
  }
  effects_.count(outcome_of(item.command, *verdict, records));
  if (std::holds_alternative<events::AcknowledgeReport>(item.command)) {
    report_window_.acknowledged();
    if (!verdict->repeated) {
      const auto* delivery = records.find(delivery_of(item.command));
      acknowledgements_.sample(now - delivery->delivered_at.value_or(now));
    }
  }
  if (!verdict->reply || item.simulated == SimulatedOutcome::kReplyLost) return;
  effects_.reply(*item.message, *verdict->reply, trace);
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
      const auto report = domain::fire(records, id, now, policy_);
      if (!report) continue;
      const auto* delivery = records.find(id);
      effects_.count(delivery->report_attempts > 1 ? "report_repeated" : "delivered");
      effects_.report(partition, *report, delivery->trace);
      report_window_.sent(now);
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
  // Timers whose row is not due any more, or is gone.
  for (const auto& [partition, ids] : due) {
    for (const auto& id : ids) {
      const auto* row = records.find(id);
      const Time next = row == nullptr ? Time::max() : domain::due_time(*row, policy_);
      prepared_.push_back({partition, id, next, std::nullopt});
    }
  }
  const auto prepare_written = [&](const std::vector<const domain::Delivery*>& rows) {
    for (const auto* row : rows) {
      const auto shard = core::shard_of(row->order_id.to_string());
      auto& change = prepared_.emplace_back(core::partition_of_shard(shard, partition_count),
                                            row->id, domain::due_time(*row, policy_));
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
    if (owned_.contains(change.partition)) keep(change);
  }
  prepared_.clear();
  timers_gauge_.Set(static_cast<double>(timers_.size()));
  return effects_.release(grants);
}

void DeliveryHandler::discarded() {
  prepared_.clear();
  effects_.discard();
}

// A stuck partition is asked about again with the next reading of overdue rows.
Time DeliveryHandler::next_due() const {
  return std::min(overdue_.next(), std::max(timers_.next_except(stuck_), report_window_.next()));
}

core::Duration DeliveryHandler::oldest_ready(Time now) const { return timers_.overdue(now); }

}  // namespace orderflow::consumers
