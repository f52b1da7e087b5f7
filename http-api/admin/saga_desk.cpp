#include "http-api/admin/saga_desk.hpp"

#include <algorithm>
#include <pqxx/pqxx>

#include "core/values/shard.hpp"
#include "domain/delivery/delivery.hpp"
#include "domain/payments/payments.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/sql_text.hpp"
#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kErrorCharactersMax = 100;

// The error of a reason is its last part or its first: "undo_failed: payment: no_reply_in_time".
constexpr const char* kErrorCondition =
    "(right(s.reason, length(?::text) + 2) = ': ' || ?::text OR "
    "starts_with(s.reason, ?::text || ': '))";

std::string saga_columns() {
  return "s.order_id::text, s.status, s.phase, s.attention, s.step, s.steps, s.attempt, s.round, "
         "s.waiting_for, s.reason, " +
         rfc3339("s.wake_at") + ", " + rfc3339("s.updated_at");
}

std::optional<std::string> step_name(const std::string& phase, int step) {
  const bool at_step = phase == saga::to_text(saga::SagaPhase::kRunning) ||
                       phase == saga::to_text(saga::SagaPhase::kUndoing);
  if (!at_step || step < 0 || step >= static_cast<int>(saga::kOrderSaga.pivot)) return std::nullopt;
  return std::string(saga::kOrderSaga.steps[static_cast<std::size_t>(step)].name);
}

JsonObject saga_object(const pqxx::row& row) {
  const std::string phase = row[2].c_str();
  JsonObject object;
  object.field("order_id", row[0].c_str())
      .field("status", row[1].c_str())
      .field("state", row[3].as<bool>() ? std::string("needs_attention") : phase)
      .field("undoing", phase == saga::to_text(saga::SagaPhase::kUndoing))
      .field("step", step_name(phase, row[4].as<int>()))
      .field("steps", row[5].c_str())
      .field("attempt", row[6].as<int>())
      .field("round", row[7].as<int>())
      .field("waiting_for", row[8].c_str())
      .field("reason", optional_text(row[9]))
      .field("wake_at", optional_text(row[10]))
      .field("updated_at", row[11].c_str());
  return object;
}

// A participant's row about one command, in words and as what it comes to.
struct ParticipantRow {
  std::string says;
  saga::CommandOutcome outcome;
};

std::optional<ParticipantRow> payment_row(core::DatabasePool& payments, const core::Uuid& id) {
  return payments.read([&](pqxx::nontransaction& transaction) -> std::optional<ParticipantRow> {
    const auto rows = transaction.exec_params(
        "SELECT status, undone_at IS NOT NULL FROM payments.payments WHERE id = $1::uuid",
        id.to_string());
    if (rows.empty()) return std::nullopt;
    const bool undone = rows[0][1].as<bool>();
    const auto status = domain::payment_status_of(rows[0][0].c_str()).value();
    return ParticipantRow{std::string(rows[0][0].c_str()) + (undone ? ", undone" : ""),
                          saga::outcome_of(domain::was_captured(status), undone)};
  });
}

std::optional<ParticipantRow> delivery_row(core::DatabasePool& delivery, const core::Uuid& id) {
  return delivery.read([&](pqxx::nontransaction& transaction) -> std::optional<ParticipantRow> {
    const auto rows = transaction.exec_params(
        "SELECT status FROM delivery.deliveries WHERE id = $1::uuid", id.to_string());
    if (rows.empty()) return std::nullopt;
    const auto status = domain::delivery_status_of(rows[0][0].c_str()).value();
    // A delivery whose cancel was refused as too late is marked as undone, but is not.
    return ParticipantRow{rows[0][0].c_str(),
                          saga::outcome_of(domain::was_scheduled(status),
                                           status == domain::DeliveryStatus::kCancelled)};
  });
}

Problem not_settled(std::string_view step, events::Phase awaited,
                    const std::optional<ParticipantRow>& row) {
  const std::string says = row ? row->says : "nothing yet, so the command may still be on its way";
  return conflict("not_settled",
                  "The participant's row of the step " + std::string(step) + " says: " + says +
                      ". A skip only takes what it says for good, here that the step was " +
                      (awaited == events::Phase::kUndo ? "undone" : "done") +
                      "; retry or cancel instead.");
}

std::string uuid_array(const std::vector<std::string>& ids) {
  std::string text = "{";
  for (const auto& id : ids) text.append(text.size() > 1 ? "," : "").append(id);
  return text + "}";
}

}  // namespace

std::optional<Problem> SagaGroup::problem() const {
  const int index = saga::kOrderSaga.index_of(step);
  if (!step.empty() && (index < 0 || index >= static_cast<int>(saga::kOrderSaga.pivot))) {
    return bad_request("step must be payment or delivery.", {{"step", "is not a step"}});
  }
  const bool is_code = std::all_of(error.begin(), error.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!is_code || error.size() > kErrorCharactersMax) {
    return bad_request("error must be a code such as no_reply_in_time.",
                       {{"error", "must be at most 100 letters, digits and underscores"}});
  }
  return std::nullopt;
}

std::optional<saga::RequestKind> operator_verb(std::string_view name) {
  const auto kind = saga::request_kind_named(name);
  const bool may =
      kind &&
      (std::holds_alternative<saga::Retry>(*kind) || std::holds_alternative<saga::Cancel>(*kind) ||
       std::holds_alternative<saga::Pause>(*kind) || std::holds_alternative<saga::Resume>(*kind));
  return may ? kind : std::nullopt;
}

ListQuery waiting_sagas(const SagaGroup& group, PageRequest page) {
  ListQuery list;
  list.select = "SELECT " + saga_columns() + " FROM orders.sagas s";
  list.conditions.emplace_back("s.attention");
  if (!group.step.empty()) {
    list.where("s.step = ?::int", std::to_string(saga::kOrderSaga.index_of(group.step)));
  }
  if (!group.error.empty()) list.where(kErrorCondition, group.error);
  list.order_by = "s.order_id DESC";
  list.after = "s.order_id < ?::uuid";
  list.page = std::move(page);
  list.to_json = [](const pqxx::row& row) { return saga_object(row).text(); };
  return list;
}

std::optional<std::string> saga_json(core::DatabasePool& orders, const core::Uuid& order_id) {
  return orders.read([&](pqxx::nontransaction& transaction) -> std::optional<std::string> {
    const auto rows = transaction.exec_params(
        "SELECT " + saga_columns() + " FROM orders.sagas s WHERE s.order_id = $1::uuid",
        order_id.to_string());
    if (rows.empty()) return std::nullopt;
    const std::string audit = audit_json(transaction, order_id);
    return saga_object(rows[0]).field("audit", RawJson{audit}).text();
  });
}

OrderRequest operator_request(saga::RequestKind kind, const core::Uuid& order_id,
                              const Operator& who, std::string reason) {
  OrderRequest request;
  request.order_id = order_id;
  request.request.kind = kind;
  request.request.actor = who.name;
  request.request.reason = std::move(reason);
  request.request.trace = who.trace;
  request.unknown_order = not_found("order");
  request.audited = true;
  request.judged_by_owner = true;
  return request;
}

Checked<saga::Skip> skip_of(const ParticipantPools& pools, const core::Uuid& order_id) {
  const auto rows = pools.orders.read([&](pqxx::nontransaction& transaction) {
    return transaction.exec_params(
        "SELECT attention, phase, step, round FROM orders.sagas WHERE order_id = $1::uuid",
        order_id.to_string());
  });
  if (rows.empty()) return refuse(not_found("order"));
  const std::string phase = rows[0][1].c_str();
  const int step = rows[0][2].as<int>();
  const auto name = step_name(phase, step);
  if (!rows[0][0].as<bool>() || !name) {
    return refuse(conflict("not_waiting", "Only a step that waits for a person can be skipped."));
  }
  const auto awaited =
      phase == saga::to_text(saga::SagaPhase::kUndoing) ? events::Phase::kUndo : events::Phase::kDo;
  const auto command_id = saga::command_id(order_id, rows[0][3].as<int>(), step);
  const auto row = step == saga::kPaymentStep ? payment_row(pools.payments, command_id)
                                              : delivery_row(pools.delivery, command_id);
  if (!row || !saga::skip_is_sound(row->outcome, awaited)) {
    return refuse(not_settled(*name, awaited, row));
  }
  return saga::Skip{command_id, row->outcome};
}

namespace {

// The sagas of a group, each with the id of the job that it would get.
BulkOutcome find_group(pqxx::transaction_base& transaction, const SagaGroup& group) {
  ListQuery query = waiting_sagas(group, {});
  std::string where;
  for (const auto& condition : query.conditions)
    where += (where.empty() ? "" : " AND ") + condition;
  const auto rows = transaction.exec_params(
      "SELECT s.order_id::text, count(*) OVER () FROM orders.sagas s WHERE " + where +
          " ORDER BY s.order_id LIMIT " + std::to_string(kBulkMax),
      pqxx::prepare::make_dynamic_params(query.values));
  BulkOutcome outcome;
  for (const auto& row : rows) {
    outcome.matched = row[1].as<std::int64_t>();
    outcome.items.push_back(
        {core::Uuid::parse(row[0].c_str()).value_or(core::Uuid{}), core::new_uuid_v7()});
  }
  return outcome;
}

// One array a column of the statements below.
struct BulkColumns {
  std::vector<std::string> orders, jobs, shards, entries;

  explicit BulkColumns(const std::vector<BulkItem>& items) {
    for (const auto& item : items) {
      orders.push_back(item.order_id.to_string());
      jobs.push_back(item.job_id.to_string());
      shards.push_back(std::to_string(core::shard_of(orders.back())));
      entries.push_back(core::new_uuid_v7().to_string());
    }
  }
};

// An order is cancelled once: where that was asked before, the item gets that job.
void insert_jobs(pqxx::transaction_base& transaction, const BulkRequest& request,
                 const Operator& who, std::vector<BulkItem>& items) {
  const BulkColumns columns(items);
  transaction.exec_params(
      "INSERT INTO orders.requests (id, order_id, shard, kind, reason, actor, correlation_id, "
      "traceparent) SELECT t.id, t.order_id, t.shard, $4, $5, $6, $7, $8 "
      "FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t(id, order_id, shard) "
      "ON CONFLICT (order_id) WHERE kind = 'cancel' DO NOTHING",
      uuid_array(columns.jobs), uuid_array(columns.orders), uuid_array(columns.shards),
      std::string(saga::name_of(request.kind)), request.reason, who.name, who.trace.correlation_id,
      who.trace.traceparent);
  if (!std::holds_alternative<saga::Cancel>(request.kind)) return;
  const auto first = transaction.exec_params(
      "SELECT order_id::text, id::text FROM orders.requests "
      "WHERE kind = 'cancel' AND order_id = ANY($1::uuid[]) ORDER BY order_id",
      uuid_array(columns.orders));
  items.clear();
  for (const auto& row : first) {
    items.push_back({core::Uuid::parse(row[0].c_str()).value_or(core::Uuid{}),
                     core::Uuid::parse(row[1].c_str()).value_or(core::Uuid{})});
  }
}

void record_bulk(pqxx::transaction_base& transaction, const BulkRequest& request,
                 const Operator& who, const std::vector<BulkItem>& items) {
  const BulkColumns columns(items);
  transaction.exec_params(
      "INSERT INTO ops.audit_log (id, actor, action, subject, reason, correlation_id, details) "
      "SELECT t.id, $4, $5, t.subject, $6, $7, jsonb_build_object('job_id', t.job, 'bulk', true) "
      "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t(id, subject, job)",
      uuid_array(columns.entries), uuid_array(columns.orders), uuid_array(columns.jobs), who.name,
      "saga." + std::string(saga::name_of(request.kind)), request.reason, who.trace.correlation_id);
}

}  // namespace

BulkOutcome ask_group(pqxx::transaction_base& transaction, const BulkRequest& request,
                      const Operator& who) {
  BulkOutcome outcome = find_group(transaction, request.group);
  if (request.dry_run || outcome.items.empty()) return outcome;
  insert_jobs(transaction, request, who, outcome.items);
  record_bulk(transaction, request, who, outcome.items);
  return outcome;
}

std::string bulk_json(const BulkRequest& request, const BulkOutcome& outcome) {
  JsonArray items;
  for (const auto& item : outcome.items) {
    items.add(JsonObject()
                  .field("order_id", item.order_id)
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
