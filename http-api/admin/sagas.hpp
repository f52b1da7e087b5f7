#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "core/pg/session_pool.hpp"
#include "http-api/admin/saga_requests.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

struct WaitingSagasQuery {
  SagaGroup group;
  PageRequest page;

  [[nodiscard]] static WaitingSagasQuery read(QueryReader& query);
};

struct OperatorReason {
  std::string reason;

  [[nodiscard]] static OperatorReason read(BodyReader& body) {
    return {body.text("reason", kOptionalReason, Presence::kOptional).value_or("")};
  }
};

// Of what cannot be taken back.
struct RequiredReason {
  std::string reason;

  [[nodiscard]] static RequiredReason read(BodyReader& body) {
    return {body.text("reason", kReason).value_or("")};
  }
};

struct BulkBody {
  BulkRequest request;

  [[nodiscard]] static BulkBody read(BodyReader& body);
};

// GET /admin/sagas, GET /admin/sagas/{id}, POST /admin/sagas/{id}/VERB and POST /admin/sagas/bulk.
class AdminSagas {
 public:
  // Each participant's pool, by its role's name, has that context's database role.
  struct Sessions {
    core::SessionPool& orders;
    std::map<std::string_view, core::SessionPool*> participants;
  };

  AdminSagas(Sessions sessions, OrderRequests& requests, OwnerNotifier& notifier)
      : sessions_(std::move(sessions)), requests_(requests), notifier_(notifier) {}

  asio::awaitable<Checked<Response>> list(Query<WaitingSagasQuery> query);
  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id);
  asio::awaitable<Checked<Response>> retry(const RequestContext& context, Path<core::Uuid> id,
                                           Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> cancel(const RequestContext& context, Path<core::Uuid> id,
                                            Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> pause(const RequestContext& context, Path<core::Uuid> id,
                                           Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> resume(const RequestContext& context, Path<core::Uuid> id,
                                            Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> skip(const RequestContext& context, Path<core::Uuid> id,
                                          Body<RequiredReason> body);
  asio::awaitable<Checked<Response>> bulk(const RequestContext& context, Body<BulkBody> body);

 private:
  asio::awaitable<Checked<Response>> submit(const RequestContext& context,
                                            const core::Uuid& order_id, saga::RequestKind kind,
                                            std::string reason);

  Sessions sessions_;
  OrderRequests& requests_;
  OwnerNotifier& notifier_;
};

}  // namespace orderflow::http_api
