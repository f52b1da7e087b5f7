#include "http-api/admin/saga_requests.hpp"

#include <algorithm>
#include <utility>

#include "core/pg/params.hpp"
#include "domain/delivery/delivery.hpp"
#include "domain/payments/payments.hpp"
#include "events/ids.hpp"
#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgParams;
using core::PgStatement;
using core::PgType;

constexpr PgStatement kFindPaymentOutcome{
    "api_payment_outcome",
    "SELECT status, undone_at IS NOT NULL FROM payments.payments WHERE id = $1"};
constexpr PgStatement kFindDeliveryOutcome{"api_delivery_outcome",
                                           "SELECT status FROM delivery.deliveries WHERE id = $1"};
constexpr PgStatement kInsertBulk{
    "api_bulk_insert",
    "INSERT INTO orders.requests (id, order_id, shard, kind, reason, actor, correlation_id,"
    " traceparent) SELECT t.id, t.order_id, t.shard, $4, $5, $6, $7, $8"
    " FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t(id, order_id, shard)"
    " ON CONFLICT (order_id) WHERE kind = 'cancel' DO NOTHING"};
constexpr PgStatement kFindCancels{
    "api_bulk_cancels",
    "SELECT order_id, shard, id FROM orders.requests"
    " WHERE kind = 'cancel' AND order_id = ANY($1::uuid[]) ORDER BY order_id"};

std::optional<ParticipantRow> payment_row(core::PgSession& session, const core::Uuid& id) {
  const auto rows = session.execute(kFindPaymentOutcome, PgParams().uuid(id));
  if (rows.rows() == 0) return std::nullopt;
  std::string says(rows.text(0, 0));
  const bool undone = rows.boolean(0, 1);
  const auto status = domain::payment_status_of(says).value();
  if (undone) says += ", undone";
  return ParticipantRow{std::move(says), saga::outcome_of(domain::was_captured(status), undone)};
}

std::optional<ParticipantRow> delivery_row(core::PgSession& session, const core::Uuid& id) {
  const auto rows = session.execute(kFindDeliveryOutcome, PgParams().uuid(id));
  if (rows.rows() == 0) return std::nullopt;
  std::string says(rows.text(0, 0));
  const auto status = domain::delivery_status_of(says).value();
  // A delivery whose cancel was refused as too late is marked as undone, but is not.
  const bool undone = status == domain::DeliveryStatus::kCancelled;
  return ParticipantRow{std::move(says), saga::outcome_of(domain::was_scheduled(status), undone)};
}

constexpr auto kCommandRows =
    saga::one_row_a_participant(saga::kOrderSaga, std::array{
                                                      CommandRows{events::kPayments, payment_row},
                                                      CommandRows{events::kDelivery, delivery_row},
                                                  });

// The sagas of a group, each with the id of the job that it would get.
BulkOutcome find_group(core::PgTransaction& transaction, const SagaGroup& group) {
  const WhereClause where = in_group(group);
  const std::string sql = "SELECT s.order_id, s.shard, count(*) OVER () FROM orders.sagas s" +
                          where.text() + " ORDER BY s.order_id LIMIT " + std::to_string(kBulkMax);
  const auto rows = transaction.execute({nullptr, sql.c_str()}, where.params());
  BulkOutcome outcome;
  for (int i = 0; i < rows.rows(); ++i) {
    const core::ShardKey order(rows.uuid(i, 0), rows.int4(i, 1));
    outcome.items.push_back({order, events::new_request_id(order.uuid)});
    outcome.matched = rows.int8(i, 2);
  }
  return outcome;
}

void insert_jobs(core::PgTransaction& transaction, const BulkRequest& request,
                 const domain::Operator& who, const std::vector<BulkItem>& items) {
  PgArray jobs(PgType::kUuid), orders(PgType::kUuid), shards(PgType::kInt4);
  for (const BulkItem& item : items) {
    jobs.add(item.job_id);
    orders.add(item.order_id.uuid);
    shards.add(item.order_id.shard);
  }
  PgParams params;
  params.array(jobs).array(orders).array(shards).text(saga::name_of(request.kind));
  params.text(request.reason).text(who.name);
  params.text(who.trace.correlation_id).text(who.trace.traceparent);
  (void)transaction.execute(kInsertBulk, params);
}

// An order is cancelled once: where that was asked before, the item gets that job.
void take_first_cancels(core::PgTransaction& transaction, std::vector<BulkItem>& items) {
  PgArray orders(PgType::kUuid);
  for (const BulkItem& item : items) orders.add(item.order_id.uuid);
  const auto rows = transaction.execute(kFindCancels, PgParams().array(orders));
  items.clear();
  for (int i = 0; i < rows.rows(); ++i) {
    items.push_back({core::ShardKey(rows.uuid(i, 0), rows.int4(i, 1)), rows.uuid(i, 2)});
  }
}

void record_bulk(core::PgTransaction& transaction, const BulkRequest& request,
                 const domain::Operator& who, const std::vector<BulkItem>& items) {
  std::vector<domain::TrailEntry> entries;
  for (const BulkItem& item : items) {
    entries.push_back({"saga." + std::string(saga::name_of(request.kind)), item.order_id.uuid,
                       request.reason,
                       JsonObject().field("job_id", item.job_id).field("bulk", true).text()});
  }
  domain::record(transaction, who, entries);
}

}  // namespace

std::optional<saga::RequestKind> operator_verb(std::string_view name) {
  const auto kind = saga::request_kind_named(name);
  const bool may =
      kind &&
      (std::holds_alternative<saga::Retry>(*kind) || std::holds_alternative<saga::Cancel>(*kind) ||
       std::holds_alternative<saga::Pause>(*kind) || std::holds_alternative<saga::Resume>(*kind));
  return may ? kind : std::nullopt;
}

OrderRequest operator_request(saga::RequestKind kind, const core::Uuid& order_id,
                              const domain::Operator& who, std::string reason) {
  OrderRequest request;
  request.order_id = core::ShardKey(order_id);
  request.request.kind = kind;
  request.request.actor = who.name;
  request.request.reason = std::move(reason);
  request.request.trace = who.trace;
  request.by_operator = true;
  request.judged_by_owner = true;
  return request;
}

Checked<WaitingStep> waiting_step_of(const std::optional<saga::SagaRow>& saga) {
  if (!saga) return refuse(not_found("order"));
  const saga::State& state = saga->state;
  const auto name = saga::current_step(state);
  if (!state.attention || !name) {
    return refuse(conflict("not_waiting", "Only a step that waits for a person can be skipped."));
  }
  if (state.refund) {
    return refuse(
        conflict("not_settled", "A refund is asked for until it is answered; retry asks at once."));
  }
  const bool undoing = state.phase == saga::SagaPhase::kUndoing;
  return WaitingStep{state.step, *name, undoing ? events::Phase::kUndo : events::Phase::kDo,
                     events::command_id(saga->order_id.uuid, state.round, *name)};
}

const CommandRows& command_rows_of(const WaitingStep& step) {
  return saga::row_of_participant(kCommandRows, saga::kOrderSaga, step.step);
}

Checked<saga::Skip> skip_of(const WaitingStep& step, const std::optional<ParticipantRow>& row) {
  if (row && saga::skip_is_sound(row->outcome, step.awaited)) {
    return saga::Skip{step.command_id, row->outcome};
  }
  const std::string says = row ? row->says : "nothing yet, so the command may still be on its way";
  return refuse(conflict("not_settled",
                         "The participant's row of the step " + std::string(step.name) +
                             " says: " + says +
                             ". A skip only takes what it says for good, here that the step was " +
                             (step.awaited == events::Phase::kUndo ? "undone" : "done") +
                             "; retry or cancel instead."));
}

BulkOutcome request_for_group(core::PgTransaction& transaction, const BulkRequest& request,
                              const domain::Operator& who) {
  BulkOutcome outcome = find_group(transaction, request.group);
  if (request.dry_run || outcome.items.empty()) return outcome;
  insert_jobs(transaction, request, who, outcome.items);
  if (std::holds_alternative<saga::Cancel>(request.kind)) {
    take_first_cancels(transaction, outcome.items);
  }
  record_bulk(transaction, request, who, outcome.items);
  return outcome;
}

std::string bulk_json(const BulkRequest& request, const BulkOutcome& outcome) {
  JsonArray items;
  for (const auto& item : outcome.items) {
    items.add(JsonObject()
                  .field("order_id", item.order_id.uuid)
                  .field("job_id", request.dry_run ? std::nullopt : std::optional(item.job_id))
                  .text());
  }
  const std::string list = items.text();
  return JsonObject()
      .field("verb", saga::name_of(request.kind))
      .field("dry_run", request.dry_run)
      .field("matched", outcome.matched)
      .field("items", RawJson{list})
      .text();
}

}  // namespace orderflow::http_api
