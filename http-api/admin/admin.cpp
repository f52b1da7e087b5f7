#include "http-api/admin/admin.hpp"

#include "core/kafka/options.hpp"
#include "http-api/admin/dead_letters.hpp"
#include "http-api/admin/held_events.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {
namespace {

constexpr Policy kReadSaga{.context = "admin", .resource = "order", .scope = Scope::kOperator};
// What operators ask for happens in the orders context.
constexpr Policy kAskSaga{.context = "admin",
                          .resource = "order",
                          .scope = Scope::kOperator,
                          .body = BodyUse::kOptionalJson,
                          .key = KeyUse::kOptional,
                          .keys_of = "orders"};
constexpr Policy kChangeSaga{.context = "admin",
                             .resource = "order",
                             .scope = Scope::kOperator,
                             .body = BodyUse::kJson,
                             .key = KeyUse::kOptional,
                             .keys_of = "orders"};
constexpr Policy kReadLetter{
    .context = "admin", .resource = "dead letter", .scope = Scope::kOperator};
constexpr Policy kReplay{.context = "admin",
                         .resource = "dead letter",
                         .scope = Scope::kOperator,
                         .body = BodyUse::kOptionalJson,
                         .key = KeyUse::kOptional,
                         .keys_of = "orders"};
constexpr Policy kDiscard{.context = "admin",
                          .resource = "dead letter",
                          .scope = Scope::kOperator,
                          .body = BodyUse::kJson,
                          .key = KeyUse::kOptional,
                          .keys_of = "orders"};

class Admin final : public ApiContext {
 public:
  Admin(const ApiEnvironment& environment, OrderRequests& requests, OwnerNotifier& notifier)
      : orders_(context_sessions(environment, "orderflow_orders")),
        payments_(context_sessions(environment, "orderflow_payments")),
        delivery_(context_sessions(environment, "orderflow_delivery")),
        sagas_(std::make_shared<AdminSagas>(
            AdminSagas::Sessions{*orders_,
                                 {{events::kPayments.name, payments_.get()},
                                  {events::kDelivery.name, delivery_.get()}}},
            requests, notifier)),
        letters_(std::make_shared<AdminDeadLetters>(
            *orders_, std::make_shared<MessageReplayer>(
                          core::kafka_options(environment.settings, "orderflow-replay"),
                          environment.logger))),
        held_(std::make_shared<AdminHeldEvents>(*orders_, requests)) {}

  std::vector<Route> routes() override {
    return {
        {Method::kGet, "/admin/sagas", bind(sagas_, &AdminSagas::list), kReadSaga},
        {Method::kGet, "/admin/sagas/{id}", bind(sagas_, &AdminSagas::get), kReadSaga},
        {Method::kPost, "/admin/sagas/bulk", bind(sagas_, &AdminSagas::bulk), kChangeSaga},
        {Method::kPost, "/admin/sagas/{id}/retry", bind(sagas_, &AdminSagas::retry), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/cancel", bind(sagas_, &AdminSagas::cancel), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/skip", bind(sagas_, &AdminSagas::skip), kChangeSaga},
        {Method::kPost, "/admin/sagas/{id}/pause", bind(sagas_, &AdminSagas::pause), kAskSaga},
        {Method::kPost, "/admin/sagas/{id}/resume", bind(sagas_, &AdminSagas::resume), kAskSaga},
        {Method::kGet, "/admin/dead-letters", bind(letters_, &AdminDeadLetters::list), kReadLetter},
        {Method::kGet, "/admin/dead-letters/{id}", bind(letters_, &AdminDeadLetters::get),
         kReadLetter},
        {Method::kPost, "/admin/dead-letters/{id}/replay",
         bind(letters_, &AdminDeadLetters::replay), kReplay},
        {Method::kPost, "/admin/dead-letters/{id}/discard",
         bind(letters_, &AdminDeadLetters::discard), kDiscard},
        {Method::kGet, "/admin/held-events", bind(held_, &AdminHeldEvents::list), kReadSaga},
        {Method::kPost, "/admin/held-events/{id}/release", bind(held_, &AdminHeldEvents::release),
         kAskSaga},
    };
  }

  void request_stop() override {
    orders_->request_stop();
    payments_->request_stop();
    delivery_->request_stop();
  }

  void stop() override {
    orders_->stop();
    payments_->stop();
    delivery_->stop();
  }

 private:
  std::shared_ptr<core::SessionPool> orders_;
  std::shared_ptr<core::SessionPool> payments_;
  std::shared_ptr<core::SessionPool> delivery_;
  std::shared_ptr<AdminSagas> sagas_;
  std::shared_ptr<AdminDeadLetters> letters_;
  std::shared_ptr<AdminHeldEvents> held_;
};

}  // namespace

std::unique_ptr<ApiContext> make_admin(const ApiEnvironment& environment, OrderRequests& requests,
                                       OwnerNotifier& notifier) {
  return std::make_unique<Admin>(environment, requests, notifier);
}

}  // namespace orderflow::http_api
