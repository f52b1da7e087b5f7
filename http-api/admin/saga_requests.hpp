#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/session.hpp"
#include "core/values/shard_key.hpp"
#include "domain/trail/rows.hpp"
#include "events/roles.hpp"
#include "http-api/admin/saga_groups.hpp"
#include "http-api/orders/order_requests.hpp"

namespace orderflow::http_api {

// What operators ask of sagas, the same over HTTP and on the command line. Blocks. Nothing here
// changes a saga: every verb becomes a request that the order's owner judges.

// What operators may ask of one saga and of groups. A skip is not among them: it bears what the
// participant's row says, see skip_of().
[[nodiscard]] std::optional<saga::RequestKind> operator_verb(std::string_view name);

// An operator's request, for its order's owner alone to judge.
[[nodiscard]] OrderRequest operator_request(saga::RequestKind kind, const core::Uuid& order_id,
                                            const domain::Operator& who, std::string reason);

// The step at which a saga waits for a person, and the command that its participant has not
// answered.
struct WaitingStep {
  int step = 0;
  std::string_view name;
  events::Phase awaited = events::Phase::kDo;
  core::Uuid command_id;
};
// 404 when there is no such order, 409 when it does not wait at a step; a refund is none. Pure.
[[nodiscard]] Checked<WaitingStep> waiting_step_of(const std::optional<saga::SagaRow>& saga);

// A participant's row about one command, in words and as what it comes to.
struct ParticipantRow {
  std::string says;
  saga::CommandOutcome outcome = saga::CommandOutcome::kDone;
};
// The rows that say what became of commands.
struct CommandRows {
  const events::Role& participant;  // They lie in its schema.
  // By a session of that context.
  std::optional<ParticipantRow> (*read)(core::PgSession& session, const core::Uuid& command_id);
};
[[nodiscard]] const CommandRows& command_rows_of(const WaitingStep& step);

// The skip of that step, with what its participant's row says for good; 409 when that is no sound
// answer. Pure.
[[nodiscard]] Checked<saga::Skip> skip_of(const WaitingStep& step,
                                          const std::optional<ParticipantRow>& row);

// One verb for a whole group, at most kBulkMax sagas at a time. A dry run only tells which.
inline constexpr int kBulkMax = 1'000;
struct BulkRequest {
  saga::RequestKind kind;
  SagaGroup group;
  std::string reason;
  bool dry_run = false;
};
struct BulkItem {
  core::ShardKey order_id;
  core::Uuid job_id;
};
struct BulkOutcome {
  std::vector<BulkItem> items;
  std::int64_t matched = 0;  // may be more than were taken
};
[[nodiscard]] BulkOutcome request_for_group(core::PgTransaction& transaction,
                                            const BulkRequest& request,
                                            const domain::Operator& who);
[[nodiscard]] std::string bulk_json(const BulkRequest& request, const BulkOutcome& outcome);

}  // namespace orderflow::http_api
