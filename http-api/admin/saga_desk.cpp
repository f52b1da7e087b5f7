#include "http-api/admin/saga_desk.hpp"

#include <algorithm>
#include <pqxx/pqxx>

#include "core/values/shard.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/sql_text.hpp"
#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::string_view kVerbs[] = {"retry", "cancel", "skip", "pause", "resume"};
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

Problem not_settled(std::string_view step, bool undoing, const std::string& book) {
  return conflict("not_settled",
                  "The book of the step " + std::string(step) + " says: " + book +
                      ". A skip only takes what the book holds for good, here that it was " +
                      (undoing ? "undone" : "done") + "; retry or cancel instead.");
}

// What a participant's book holds about a command: `outcome` in words of saga::Request, empty when
// it may still change.
struct BookEntry {
  std::string says = "nothing yet, so the command may still be on its way";
  std::string outcome;
};

BookEntry read_book(core::DatabasePool& pool, const char* sql, const core::Uuid& command_id) {
  return pool.read([&](pqxx::nontransaction& transaction) {
    BookEntry entry;
    const auto rows = transaction.exec_params(sql, command_id.to_string());
    if (!rows.empty()) entry = {rows[0][0].c_str(), rows[0][1].c_str()};
    return entry;
  });
}

constexpr const char* kPaymentBook =
    "SELECT status || CASE WHEN undone_at IS NULL THEN '' ELSE ', undone' END, "
    "CASE WHEN status IN ('REFUSED', 'VOIDED') THEN 'voided' "
    "WHEN undone_at IS NOT NULL THEN 'undone' ELSE 'done' END "
    "FROM payments.payments WHERE id = $1::uuid";

constexpr const char* kDeliveryBook =
    "SELECT status, CASE WHEN status IN ('REFUSED', 'VOIDED') THEN 'voided' "
    "WHEN status = 'CANCELLED' THEN 'undone' ELSE 'done' END "
    "FROM delivery.deliveries WHERE id = $1::uuid";

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

bool is_saga_verb(std::string_view verb) {
  return std::find(std::begin(kVerbs), std::end(kVerbs), verb) != std::end(kVerbs);
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

OrderRequest verb_request(std::string_view verb, const core::Uuid& order_id, const Operator& who,
                          std::string reason) {
  OrderRequest request;
  request.kind = verb;
  request.order_id = order_id;
  request.actor = who.name;
  request.reason = std::move(reason);
  request.trace = who.trace;
  request.unknown_order = not_found("order");
  request.audited = true;
  request.judged_by_owner = true;
  return request;
}

std::optional<Problem> settle_by_book(const BookPools& pools, OrderRequest& request) {
  const auto rows = pools.orders.read([&](pqxx::nontransaction& transaction) {
    return transaction.exec_params(
        "SELECT attention, phase, step, round FROM orders.sagas WHERE order_id = $1::uuid",
        request.order_id.to_string());
  });
  if (rows.empty()) return request.unknown_order;
  const std::string phase = rows[0][1].c_str();
  const int step = rows[0][2].as<int>();
  const auto name = step_name(phase, step);
  if (!rows[0][0].as<bool>() || !name) {
    return conflict("not_waiting", "Only a step that waits for a person can be skipped.");
  }
  const bool undoing = phase == saga::to_text(saga::SagaPhase::kUndoing);
  const auto command_id = saga::command_id(request.order_id, rows[0][3].as<int>(), step);
  const auto entry = step == saga::kPaymentStep
                         ? read_book(pools.payments, kPaymentBook, command_id)
                         : read_book(pools.delivery, kDeliveryBook, command_id);
  const bool settled =
      undoing ? entry.outcome == "undone" || entry.outcome == "voided" : entry.outcome == "done";
  if (!settled) return not_settled(*name, undoing, entry.says);
  request.command_id = command_id;
  request.command_outcome = entry.outcome;
  return std::nullopt;
}

BulkOutcome ask_group(pqxx::transaction_base& transaction, const BulkRequest& request,
                      const Operator& who) {
  ListQuery query = waiting_sagas(request.group, {});
  std::string where;
  for (const auto& condition : query.conditions)
    where += (where.empty() ? "" : " AND ") + condition;
  const auto rows = transaction.exec_params(
      "SELECT s.order_id::text, count(*) OVER () FROM orders.sagas s WHERE " + where +
          " ORDER BY s.order_id LIMIT " + std::to_string(kBulkMax),
      pqxx::prepare::make_dynamic_params(query.values));
  BulkOutcome outcome;
  std::vector<std::string> orders, jobs, shards, entries;
  for (const auto& row : rows) {
    outcome.matched = row[1].as<std::int64_t>();
    const BulkItem item{core::Uuid::parse(row[0].c_str()).value_or(core::Uuid{}),
                        core::new_uuid_v7()};
    orders.push_back(item.order_id.to_string());
    jobs.push_back(item.job_id.to_string());
    shards.push_back(std::to_string(core::shard_of(orders.back())));
    entries.push_back(core::new_uuid_v7().to_string());
    outcome.items.push_back(item);
  }
  if (request.dry_run || orders.empty()) return outcome;
  transaction.exec_params(
      "INSERT INTO orders.requests (id, order_id, shard, kind, reason, actor, correlation_id, "
      "traceparent) SELECT t.id, t.order_id, t.shard, $4, $5, $6, $7, $8 "
      "FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t(id, order_id, shard) "
      "ON CONFLICT (order_id) WHERE kind = 'cancel' DO NOTHING",
      uuid_array(jobs), uuid_array(orders), uuid_array(shards), request.verb, request.reason,
      who.name, who.trace.correlation_id, who.trace.traceparent);
  transaction.exec_params(
      "INSERT INTO ops.audit_log (id, actor, action, subject, reason, correlation_id, details) "
      "SELECT t.id, $4, $5, t.subject, $6, $7, jsonb_build_object('job_id', t.job, 'bulk', true) "
      "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t(id, subject, job)",
      uuid_array(entries), uuid_array(orders), uuid_array(jobs), who.name, "saga." + request.verb,
      request.reason, who.trace.correlation_id);
  if (request.verb != "cancel") return outcome;
  // An order is cancelled once: later requests are answered with the first one's job.
  const auto first = transaction.exec_params(
      "SELECT order_id::text, id::text FROM orders.requests "
      "WHERE kind = 'cancel' AND order_id = ANY($1::uuid[]) ORDER BY order_id",
      uuid_array(orders));
  outcome.items.clear();
  for (const auto& row : first) {
    outcome.items.push_back({core::Uuid::parse(row[0].c_str()).value_or(core::Uuid{}),
                             core::Uuid::parse(row[1].c_str()).value_or(core::Uuid{})});
  }
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
      .field("verb", request.verb)
      .field("dry_run", request.dry_run)
      .field("matched", outcome.matched)
      .field("items", RawJson{list})
      .text();
}

}  // namespace orderflow::http_api
