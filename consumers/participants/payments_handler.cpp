#include "consumers/participants/payments_handler.hpp"

#include <utility>

#include "core/values/shard_key.hpp"
#include "domain/payments/rows.hpp"
#include "events/roles.hpp"

namespace orderflow::consumers {
namespace {

using domain::SimulatedOutcome;
using events::ReplyOutcome;

// What the simulated card network does with an attempt of each command.
SimulatedOutcome simulated(const domain::Simulation& simulation, int attempt,
                           const events::CapturePayment& capture) {
  return simulation.of_capture(capture.command_id, attempt, capture.amount.amount);
}
SimulatedOutcome simulated(const domain::Simulation& simulation, int attempt,
                           const events::UndoCapture& undo) {
  return simulation.of_other(undo.command_id, attempt, "undo");
}
SimulatedOutcome simulated(const domain::Simulation& simulation, int attempt,
                           const events::RefundPayment& refund) {
  return simulation.of_other(refund.command_id, attempt, "refund");
}

// The label of the metric payments_total.
std::string outcome_of(const domain::PaymentVerdict& verdict) {
  if (verdict.repeated) return "repeated";
  if (verdict.reply.outcome == ReplyOutcome::kFailed) return "failed";
  if (verdict.reply.outcome == ReplyOutcome::kRefused) return verdict.reply.code;
  return std::string(verdict.outcome);
}

}  // namespace

PaymentsHandler::PaymentsHandler(std::string inbox_topic, domain::Simulation simulation,
                                 core::Logger& logger, core::Metrics& metrics)
    : simulation_(simulation),
      logger_(logger),
      effects_(std::string(events::kPayments.name), std::move(inbox_topic), metrics,
               "payments_total", "Payment commands by what they came to.") {}

// Replies are not published again: a saga that misses one repeats its command.
std::vector<producers::Outgoing> PaymentsHandler::granted(const Grants&, const Grants&,
                                                          std::int32_t, core::PgSession&) {
  return {};
}

void PaymentsHandler::dropped(const std::set<std::int32_t>&) {}

std::vector<PaymentsHandler::Item> PaymentsHandler::admit(const Batch& batch,
                                                          TransactionDraft& draft) {
  effects_.begin(batch.partition_count);
  std::vector<Item> items;
  items.reserve(batch.messages.size());
  for (const auto* message : batch.messages) {
    // Before its partition is judged: what cannot be decoded is a dead letter in any partition.
    auto command = events::decode_payment_command(message->header("ce_type"), message->body());
    if (!command) {
      draft.dead_letters.push_back({message, command.error().detail});
      continue;
    }
    if (!effects_.well_placed(*message, core::shard_of(message->key()))) continue;
    const int attempt = events::attempt_of(*message);
    const SimulatedOutcome outcome =
        std::visit([&](const auto& one) { return simulated(simulation_, attempt, one); }, *command);
    if (outcome == SimulatedOutcome::kSilent) {
      effects_.count("silent");
      continue;
    }
    items.push_back({message, std::move(*command), outcome});
  }
  return items;
}

TransactionDraft PaymentsHandler::prepare(const Batch& batch, core::PgSession& session) {
  TransactionDraft draft;
  const auto items = admit(batch, draft);
  if (items.empty()) return draft;
  std::vector<const events::PaymentCommand*> commands;
  commands.reserve(items.size());
  for (const auto& item : items) commands.push_back(&item.command);
  auto records = domain::read_payment_records(session, domain::keys_of(commands));
  for (const auto& item : items) handle_item(item, batch.now, records, draft);
  draft.calls = domain::write_payment_records(records);
  return draft;
}

void PaymentsHandler::handle_item(const Item& item, Time now, domain::PaymentRecords& records,
                                  TransactionDraft& draft) {
  const core::Trace trace = events::trace_of(*item.message);
  if (item.simulated == SimulatedOutcome::kFailed) {
    effects_.count("failed");
    answer(item, domain::technical_failure(item.command, "the card network failed (simulated)"),
           trace);
    return;
  }
  const domain::PaymentContext context{now, item.simulated == SimulatedOutcome::kRefused,
                                       trace.correlation_id};
  const auto verdict = domain::handle(records, item.command, context);
  if (!verdict) {
    draft.dead_letters.push_back({item.message, verdict.error().detail});
    return;
  }
  effects_.count(outcome_of(*verdict));
  if (item.simulated != SimulatedOutcome::kReplyLost) answer(item, verdict->reply, trace);
}

void PaymentsHandler::answer(const Item& item, const events::Reply& reply,
                             const core::Trace& trace) {
  effects_.reply(*item.message, core::ShardKey(reply.order_id), reply, trace);
  const auto level =
      reply.outcome == ReplyOutcome::kDone ? core::LogLevel::kDebug : core::LogLevel::kInfo;
  if (!logger_.enabled(level)) return;
  logger_.log(level, "payment command answered", trace,
              {{"type", item.message->header("ce_type")},
               {"order_id", reply.order_id.to_string()},
               {"command_id", reply.command_id.to_string()},
               {"phase", reply.phase == events::Phase::kDo ? "do" : "undo"},
               {"code", reply.code}});
}

std::vector<producers::Outgoing> PaymentsHandler::committed(const Grants& grants) {
  return effects_.release(grants);
}

void PaymentsHandler::discarded() { effects_.discard(); }

}  // namespace orderflow::consumers
