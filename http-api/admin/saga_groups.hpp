#pragma once

#include <optional>
#include <string>

#include "core/pg/session.hpp"
#include "http-api/server/list.hpp"
#include "http-api/server/problem.hpp"
#include "saga/store/saga_rows.hpp"

namespace orderflow::http_api {

// What operators see of sagas, the same over HTTP and on the command line.

// Sagas that wait for the same reason. `error` is the last part of the reason
// ("no_reply_in_time"), or its first ("undo_failed", "poison", "paused").
struct SagaGroup {
  std::string step;
  std::string error;

  [[nodiscard]] bool empty() const { return step.empty() && error.empty(); }
  // What is wrong with an unknown step or an error that is no code, by field.
  [[nodiscard]] std::vector<FieldError> errors() const;
};

// A saga that needs attention, in the list of them.
struct WaitingSagaRow {
  saga::SagaRow saga;

  [[nodiscard]] const core::Uuid& position() const { return saga.order_id.uuid; }
  [[nodiscard]] static WaitingSagaRow read(core::PgRow& row) { return {saga::SagaRow::read(row)}; }
};

[[nodiscard]] std::string waiting_saga_json(const WaitingSagaRow& waiting);

// The sagas of a group that need attention; their table has the alias s.
[[nodiscard]] WhereClause in_group(const SagaGroup& group);
// The same as a list, newest first.
[[nodiscard]] KeysetQuery waiting_sagas(const SagaGroup& group);

// One saga, whether it waits or not, with what operators did to it; empty when there is none.
[[nodiscard]] std::optional<std::string> saga_with_trail_json(core::PgSession& session,
                                                              const core::Uuid& order_id);
[[nodiscard]] std::optional<saga::SagaRow> find_saga(core::PgSession& session,
                                                     const core::Uuid& order_id);

// The trail about a subject, as a JSON array.
[[nodiscard]] std::string trail_json(core::PgSession& session, const core::Uuid& subject);

}  // namespace orderflow::http_api
