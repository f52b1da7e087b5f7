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

[[nodiscard]] bool is_saga_verb(std::string_view verb);

// The sagas of a group that need attention, newest first.
[[nodiscard]] ListQuery waiting_sagas(const SagaGroup& group, PageRequest page);

// One saga, whether it waits or not, with what operators did to it; empty when there is none.
[[nodiscard]] std::optional<std::string> saga_json(core::DatabasePool& orders,
                                                   const core::Uuid& order_id);

// The request behind a verb.
[[nodiscard]] OrderRequest verb_request(std::string_view verb, const core::Uuid& order_id,
                                        const Operator& who, std::string reason);

// For a skip: notes in the request what the participant's book holds for good about the step that
// waits. 409 when that does not settle the step, 404 when there is no such order.
struct BookPools {
  core::DatabasePool& orders;
  core::DatabasePool& payments;
  core::DatabasePool& delivery;
};
[[nodiscard]] std::optional<Problem> settle_by_book(const BookPools& pools, OrderRequest& request);

// One verb for a whole group, at most kBulkMax sagas at a time. A dry run only tells which.
inline constexpr int kBulkMax = 1'000;
struct BulkRequest {
  std::string verb;
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
