#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http-api/admin/operators.hpp"
#include "http-api/orders/request_desk.hpp"
#include "http-api/server/list_query.hpp"

namespace orderflow::http_api {

// What operators see of sagas and ask of them, the same over HTTP and on the command line. Blocks.
// Nothing here changes a saga: every verb becomes a request that the order's owner judges.

// Sagas that wait for the same reason. `error` is the last part of the reason
// ("no_reply_in_time"), or its first ("undo_failed", "poison", "paused").
struct SagaGroup {
  std::string step;
  std::string error;

  // 400 for an unknown step or an error that is no code.
  [[nodiscard]] std::optional<Problem> problem() const;
};

// What operators may ask of one saga and of groups. A skip is not among them: it bears what the
// participant's row says, see skip_of().
[[nodiscard]] std::optional<saga::RequestKind> operator_verb(std::string_view name);

// The sagas of a group that need attention, newest first.
[[nodiscard]] ListQuery waiting_sagas(const SagaGroup& group, PageRequest page);

// One saga, whether it waits or not, with what operators did to it; empty when there is none.
[[nodiscard]] std::optional<std::string> saga_json(core::DatabasePool& orders,
                                                   const core::Uuid& order_id);

// An operator's request, for its order's owner alone to judge.
[[nodiscard]] OrderRequest operator_request(saga::RequestKind kind, const core::Uuid& order_id,
                                            const Operator& who, std::string reason);

// The skip of the step that a saga waits at, with what its participant's row says for good. 409
// when that is no sound answer, 404 when there is no such order.
struct ParticipantPools {
  core::DatabasePool& orders;
  core::DatabasePool& payments;
  core::DatabasePool& delivery;
};
[[nodiscard]] Checked<saga::Skip> skip_of(const ParticipantPools& pools,
                                          const core::Uuid& order_id);

// One verb for a whole group, at most kBulkMax sagas at a time. A dry run only tells which.
inline constexpr int kBulkMax = 1'000;
struct BulkRequest {
  saga::RequestKind kind;
  SagaGroup group;
  std::string reason;
  bool dry_run = false;
};
struct BulkItem {
  core::Uuid order_id;
  core::Uuid job_id;
};
struct BulkOutcome {
  std::vector<BulkItem> items;
  std::int64_t matched = 0;  // may be more than were taken
};
[[nodiscard]] BulkOutcome ask_group(pqxx::transaction_base& transaction, const BulkRequest& request,
                                    const Operator& who);
[[nodiscard]] std::string bulk_json(const BulkRequest& request, const BulkOutcome& outcome);

}  // namespace orderflow::http_api
