#include "http-api/orders/order_requests.hpp"

#include <memory>

#include "domain/trail/rows.hpp"
#include "events/ids.hpp"
#include "http-api/middleware/keyed_write.hpp"
#include "http-api/orders/job_rows.hpp"
#include "http-api/orders/status_rules.hpp"
#include "http-api/server/conditional.hpp"
#include "saga/store/request_rows.hpp"
#include "saga/store/saga_rows.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;
using core::PgType;
using core::sql;

constexpr PgStatement kFindCancel{
    "api_cancel", sql<"SELECT ", JobRow::kColumns,
                      " FROM orders.requests WHERE order_id = $1 AND kind = 'cancel'">};
constexpr PgStatement kInsertRequest{
    "api_request_insert",
    sql<"INSERT INTO orders.requests (id, order_id, shard, kind, amount, payment_id,"
        " target_status, reason, actor, correlation_id, traceparent, command_id, command_outcome)"
        " VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), NULLIF($8, ''), $9, $10, $11, $12,"
        " NULLIF($13, '')) ON CONFLICT (order_id) WHERE kind = 'cancel' DO NOTHING RETURNING ",
        JobRow::kColumns>};

constexpr PgStatement kFindHeld{"api_held_find",
                                "SELECT 1 FROM orders.held_events WHERE order_id = $1"};

// One request, within its transaction.
class Storing {
 public:
  explicit Storing(const OrderRequest& request) : request_(request) {}

  StoredRequest run(core::PgSession& session) {
    KeyedWrite write;
    write.key = request_.key;
    write.check = [this](core::PgTransaction& transaction) { return check(transaction); };
    write.effect = [this](core::PgTransaction& transaction) { return store(transaction); };
    auto response = keyed_write(session, write);
    return {std::move(response), created_ ? std::optional(id_) : std::nullopt};
  }

 private:
  std::optional<Problem> check(core::PgTransaction& transaction) {
    const auto saga = core::first_row_of<saga::SagaRow>(
        transaction.execute(saga::kFindSaga, PgParams().uuid(request_.order_id.uuid)));
    if (!saga) return request_.unknown_order;
    if (request_.preconditions.fail(etag_of(saga->state.version))) return precondition_failed();
    const auto& kind = request_.request.kind;
    if (std::holds_alternative<saga::Cancel>(kind) && first_cancel(transaction)) {
      return std::nullopt;
    }
    if (std::holds_alternative<saga::ReleaseEvents>(kind) && !holds_events(transaction)) {
      return conflict("not_held",
                      "No event of this order is held now; one that Kafka refuses again is held "
                      "again within a second.");
    }
    if (request_.judged_by_owner) return std::nullopt;
    return refused_by_status(kind, saga->state.status);
  }

  std::optional<JobRow> first_cancel(core::PgTransaction& transaction) {
    return core::first_row_of<JobRow>(
        transaction.execute(kFindCancel, PgParams().uuid(request_.order_id.uuid)));
  }

  bool holds_events(core::PgTransaction& transaction) {
    return transaction.execute(kFindHeld, PgParams().uuid(request_.order_id.uuid)).rows() > 0;
  }

  StoredAnswer store(core::PgTransaction& transaction) {
    auto job = core::first_row_of<JobRow>(transaction.execute(kInsertRequest, columns()));
    created_ = job.has_value();
    if (!job) job = first_cancel(transaction);
    if (request_.by_operator) {
      const auto& asked = request_.request;
      domain::record(transaction, {asked.actor, asked.trace},
                     {"saga." + std::string(saga::name_of(asked.kind)), request_.order_id.uuid,
                      asked.reason, JsonObject().field("job_id", job->id).text()});
    }
    return {202, "/jobs/" + job->id.to_string(), job_json(*job)};
  }

  [[nodiscard]] PgParams columns() const {
    const auto& [id, actor, reason, trace, kind] = request_.request;
    const auto kind_columns = saga::store::columns_of(kind);
    PgParams params;
    params.uuid(id_).uuid(request_.order_id.uuid).int4(request_.order_id.shard);
    params.text(kind_columns.kind);
    kind_columns.amount ? params.int8(*kind_columns.amount) : params.null(PgType::kInt8);
    kind_columns.payment_id ? params.uuid(*kind_columns.payment_id) : params.null(PgType::kUuid);
    params.text(kind_columns.target_status).text(reason).text(actor);
    params.text(trace.correlation_id).text(trace.traceparent);
    kind_columns.command_id ? params.uuid(*kind_columns.command_id) : params.null(PgType::kUuid);
    params.text(kind_columns.command_outcome);
    return params;
  }

  const OrderRequest& request_;
  core::Uuid id_ = events::new_request_id(request_.order_id.uuid);
  bool created_ = false;
};

}  // namespace

StoredRequest store_request(core::PgSession& session, const OrderRequest& request) {
  return Storing(request).run(session);
}

asio::awaitable<Checked<Response>> OrderRequests::submit(OrderRequest request) {
  auto shared = std::make_shared<const OrderRequest>(std::move(request));
  auto work = [shared, &notifier = notifier_](core::PgSession& session) {
    StoredRequest stored = store_request(session, *shared);
    // Here and not by the waiting request, which its deadline may have ended.
    if (stored.created_job) {
      notifier.request_made(*stored.created_job, shared->order_id,
                            std::string(saga::name_of(shared->request.kind)),
                            shared->request.trace);
    }
    return std::move(stored.response);
  };
  co_return co_await sessions_.run(std::move(work));
}

}  // namespace orderflow::http_api
