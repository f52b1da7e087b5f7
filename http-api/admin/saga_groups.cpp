#include "http-api/admin/saga_groups.hpp"

#include <algorithm>

#include "domain/trail/rows.hpp"
#include "http-api/admin/held_event_rows.hpp"
#include "http-api/orders/order_rows.hpp"
#include "saga/order/awaited_steps.hpp"

namespace orderflow::http_api {
namespace {

using saga::kFindSaga;

constexpr std::size_t kErrorCharactersMax = 100;

// The error of a reason is its last part or its first: "undo_failed: payment: no_reply_in_time".
constexpr const char* kErrorCondition =
    "(right(s.reason, length(?) + 2) = ': ' || ? OR starts_with(s.reason, ? || ': '))";

bool is_awaited_step(std::string_view name) {
  return std::any_of(saga::kAwaitedSteps.begin(), saga::kAwaitedSteps.end(),
                     [name](int step) { return saga::step_name(saga::kOrderSaga, step) == name; });
}

std::string awaited_steps() {
  std::string names;
  for (const int step : saga::kAwaitedSteps) {
    names.append(names.empty() ? "" : ", ").append(saga::step_name(saga::kOrderSaga, step));
  }
  return names;
}

JsonObject saga_object(const saga::SagaRow& saga) {
  const saga::State& state = saga.state;
  JsonObject object;
  object.field("order_id", saga.order_id.uuid)
      .field("status", saga::to_text(state.status))
      .field("state", state.attention ? "needs_attention" : saga::to_text(state.phase))
      .field("undoing", state.phase == saga::SagaPhase::kUndoing)
      .field("step", saga::current_step(state))
      .field("steps", RawJson{saga_steps_json(state)})
      .field("attempt", state.attempt)
      .field("round", state.round)
      .field("waiting_for", saga::to_text(state.waiting_for))
      .field_or_null("reason", state.reason)
      .field("wake_at", state.wake_at)
      .field("updated_at", saga.updated_at);
  return object;
}

}  // namespace

std::vector<FieldError> SagaGroup::errors() const {
  std::vector<FieldError> errors;
  if (!step.empty() && !is_awaited_step(step)) {
    errors.push_back({"step", "is not a step; these are: " + awaited_steps()});
  }
  const bool is_code = std::all_of(error.begin(), error.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!is_code || error.size() > kErrorCharactersMax) {
    errors.push_back({"error",
                      "must be a code such as no_reply_in_time: at most 100 letters, digits and "
                      "underscores"});
  }
  return errors;
}

std::string waiting_saga_json(const WaitingSagaRow& waiting) {
  return saga_object(waiting.saga).text();
}

WhereClause in_group(const SagaGroup& group) {
  WhereClause where;
  where.add("s.attention");
  if (!group.step.empty()) where.add("s.step = ?", group.step);
  if (!group.error.empty()) where.add(kErrorCondition, group.error);
  return where;
}

KeysetQuery waiting_sagas(const SagaGroup& group) {
  return {core::sql<"SELECT ", saga::SagaRow::kColumns, " FROM orders.sagas s">, "s.order_id",
          in_group(group)};
}

std::optional<saga::SagaRow> find_saga(core::PgSession& session, const core::Uuid& order_id) {
  return core::first_row_of<saga::SagaRow>(
      session.execute(kFindSaga, core::PgParams().uuid(order_id)));
}

std::optional<std::string> saga_with_trail_json(core::PgSession& session,
                                                const core::Uuid& order_id) {
  const auto saga = find_saga(session, order_id);
  if (!saga) return std::nullopt;
  const std::string audit = trail_json(session, order_id);
  return saga_object(*saga)
      .field("held_events", held_reason(session, order_id))
      .field("audit", RawJson{audit})
      .text();
}

std::string trail_json(core::PgSession& session, const core::Uuid& subject) {
  JsonArray entries;
  for (const auto& row : domain::read_trail(session, subject)) {
    entries.add(JsonObject()
                    .field("time", row.time)
                    .field("actor", row.actor)
                    .field("action", row.action)
                    .field("reason", row.reason)
                    .field("correlation_id", row.correlation_id)
                    .field("details", RawJson{row.details.text})
                    .text());
  }
  return entries.text();
}

}  // namespace orderflow::http_api
