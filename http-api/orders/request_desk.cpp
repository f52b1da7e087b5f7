#include "http-api/orders/request_desk.hpp"

#include <memory>
#include <pqxx/pqxx>

#include "core/async/blocking.hpp"
#include "core/values/shard.hpp"
#include "http-api/admin/operators.hpp"
#include "http-api/orders/door.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/sql_text.hpp"
#include "saga/store/request_rows.hpp"

namespace orderflow::http_api {
namespace {

// One submission, on a blocking thread, within its transaction.
class Submission {
 public:
  Submission(pqxx::work& transaction, const OrderRequest& request)
      : transaction_(transaction), request_(request), id_(core::new_uuid_v7()) {}

  Submitted run() {
    KeyedWrite write;
    write.key = request_.key;
    write.resource_id = id_;
    write.check = [this] { return check(); };
    write.effect = [this] { return insert(); };
    const KeyedAnswer answer = keyed_write(transaction_, write);
    return {answer.response(), created_, id_};
  }

 private:
  std::optional<Problem> check() {
    const auto rows = transaction_.exec_params(
        "SELECT status, version FROM orders.sagas WHERE order_id = $1::uuid",
        request_.order_id.to_string());
    if (rows.empty()) return request_.unknown_order;
    const std::string etag = etag_of(rows[0][1].as<std::int64_t>());
    if (!request_.if_match.empty() && !names_tag(request_.if_match, etag, TagComparison::kStrong)) {
      return precondition_failed();
    }
    const auto& kind = request_.request.kind;
    if (std::holds_alternative<saga::Cancel>(kind) && !first_cancel().empty()) return std::nullopt;
    const auto status = saga::parse_order_status(rows[0][0].c_str());
    if (!status || request_.judged_by_owner) return std::nullopt;
    return refused_at_door(kind, *status);
  }

  pqxx::result first_cancel() {
    return transaction_.exec_params(
        "SELECT " + job_columns() +
            " FROM orders.requests WHERE order_id = $1::uuid AND kind = 'cancel'",
        request_.order_id.to_string());
  }

  StoredAnswer insert() {
    const std::string order_id = request_.order_id.to_string();
    const auto& [id, actor, reason, trace, kind] = request_.request;
    const auto columns = saga::store::columns_of(kind);
    pqxx::result rows = transaction_.exec_params(
        "INSERT INTO orders.requests (id, order_id, shard, kind, amount, payment_id, "
        "target_status, reason, actor, correlation_id, traceparent, command_id, command_outcome) "
        "VALUES ($1::uuid, $2::uuid, $3, $4, "
        "NULLIF($5, '')::bigint, NULLIF($6, '')::uuid, NULLIF($7, ''), NULLIF($8, ''), $9, $10, "
        "$11, NULLIF($12, '')::uuid, NULLIF($13, '')) "
        "ON CONFLICT (order_id) WHERE kind = 'cancel' DO NOTHING RETURNING " +
            job_columns(),
        id_.to_string(), order_id, core::shard_of(order_id), std::string(columns.kind),
        columns.amount ? std::to_string(*columns.amount) : std::string(),
        columns.payment_id ? columns.payment_id->to_string() : std::string(),
        std::string(columns.target_status), reason, actor, trace.correlation_id, trace.traceparent,
        columns.command_id ? columns.command_id->to_string() : std::string(),
        std::string(columns.command_outcome));
    created_ = !rows.empty();
    if (!created_) rows = first_cancel();
    if (request_.audited) {
      record(transaction_, {actor, trace},
             {"saga." + std::string(columns.kind), request_.order_id, reason,
              JsonObject().field("job_id", rows[0][0].c_str()).text()});
    }
    return {202, std::string("/jobs/") + rows[0][0].c_str(), job_json(rows[0])};
  }

  pqxx::work& transaction_;
  const OrderRequest& request_;
  core::Uuid id_;
  bool created_ = false;
};

}  // namespace

std::string job_columns() {
  return "id::text, kind, order_id::text, state, outcome_code, outcome_detail, result::text, " +
         rfc3339("accepted_at") + ", " + rfc3339("running_at") + ", " + rfc3339("ended_at");
}

std::string job_json(const pqxx::row& row) {
  const auto code = optional_text(row[4]);
  const auto detail = optional_text(row[5]);
  JsonArray transitions;
  const auto add = [&transitions](const char* state, const pqxx::field& time) {
    if (time.is_null()) return;
    transitions.add(JsonObject().field("state", state).field("time", time.c_str()).text());
  };
  const std::string state = row[3].c_str();
  add("accepted", row[7]);
  add("running", row[8]);
  add(state.c_str(), row[9]);
  const std::string steps = transitions.text();
  const std::string result = optional_text(row[6]).value_or("null");
  const bool has_detail = detail && !detail->empty();
  const bool has_code = code && !code->empty();
  return JsonObject()
      .field("id", row[0].c_str())
      .field("kind", row[1].c_str())
      .field("order_id", row[2].c_str())
      .field("state", state)
      .field("reason", has_detail ? detail
                       : has_code ? code
                                  : std::nullopt)
      .field("transitions", RawJson{steps})
      .field("result", RawJson{result})
      .text();
}

Submitted store_request(core::DatabasePool& orders, const OrderRequest& request) {
  return orders.write(
      [&](pqxx::work& transaction) { return Submission(transaction, request).run(); });
}

asio::awaitable<Checked<Response>> submit_request(Services& services, OrderRequest request) {
  auto shared = std::make_shared<const OrderRequest>(std::move(request));
  auto work = [&services, shared] {
    Submitted submitted = store_request(services.pools.orders, *shared);
    // Its owner is told here, not by the waiting request, which its deadline may have ended.
    if (submitted.created) {
      services.publisher.request_made(submitted.id, shared->order_id,
                                      std::string(saga::name_of(shared->request.kind)),
                                      shared->request.trace);
    }
    return submitted;
  };
  Submitted submitted = co_await blocking(services.blocking, std::move(work));
  co_return std::move(submitted.response);
}

}  // namespace orderflow::http_api
