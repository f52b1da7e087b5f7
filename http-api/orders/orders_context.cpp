#include "http-api/orders/orders_context.hpp"

#include <memory>

#include "core/pg/settings.hpp"
#include "http-api/orders/events.hpp"
#include "http-api/orders/jobs.hpp"
#include "http-api/orders/lists.hpp"
#include "http-api/orders/order_keys.hpp"
#include "http-api/orders/orders.hpp"
#include "http-api/orders/requests.hpp"
#include "http-api/server/context_sessions.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr Policy kReadOrder{.context = "orders", .resource = "order"};
constexpr Policy kPlaceOrder{.context = "orders",
                             .resource = "order",
                             .body = BodyUse::kJson,
                             .key = KeyUse::kOptional,
                             .key_look_up = KeyLookUp::kWhenRefused,
                             .sheds_load = true};
constexpr Policy kAskOrder{.context = "orders",
                           .resource = "order",
                           .body = BodyUse::kOptionalJson,
                           .key = KeyUse::kOptional};
constexpr Policy kSetStatus{
    .context = "orders", .resource = "order", .scope = Scope::kOperator, .body = BodyUse::kJson};
constexpr Policy kReadOfUser{.context = "orders", .resource = "user"};
constexpr Policy kReadJob{.context = "orders", .resource = "job"};

}  // namespace

OrdersBackend::OrdersBackend(const ApiEnvironment& environment)
    : sessions(environment.settings.get(core::kDatabaseUrl), front_end_session("orderflow_orders"),
               environment.settings.get(kDbPool)),
      lists(environment.settings.get(core::kDatabaseUrl), front_end_session("orderflow_orders"),
            environment.settings.get(kDbPool)),
      keys(environment, order_keys(), "orderflow_orders", sessions),
      references(environment),
      notifier(environment.settings, environment.logger, environment.metrics),
      writer(environment.settings, environment.logger, environment.metrics,
             [this](const NewOrder& order) {
               if (!order.row.draft) notifier.order_placed(order.row.id, order.trace);
             }),
      reader(environment.settings, environment.metrics),
      job_reader(environment.settings, environment.metrics),
      histories(environment.settings),
      feed(environment.settings, environment.logger, environment.metrics),
      backlog(environment.settings, environment.logger, environment.metrics, environment.health) {}

void OrdersBackend::request_stop() {
  feed.request_stop();
  reader.request_stop();
  job_reader.request_stop();
  histories.request_stop();
  backlog.request_stop();
  keys.request_stop();
  references.request_stop();
  sessions.request_stop();
  lists.request_stop();
  writer.request_stop();
}

void OrdersBackend::stop() {
  feed.stop();
  reader.stop();
  job_reader.stop();
  histories.stop();
  keys.stop();
  references.stop();
  sessions.stop();
  lists.stop();
  writer.stop();
}

OrdersContext::OrdersContext(const ApiEnvironment& environment)
    : backend_(environment), requests_(backend_.sessions, backend_.notifier) {}

std::vector<Route> OrdersContext::routes() {
  const auto orders = std::make_shared<Orders>(backend_);
  const auto events = std::make_shared<OrderEvents>(backend_);
  const auto lists = std::make_shared<OrderLists>(backend_);
  const auto jobs = std::make_shared<Jobs>(backend_);
  const auto asked = std::make_shared<RequestsOfOrders>(requests_);
  return {
      {Method::kPost, "/orders", bind(orders, &Orders::place), kPlaceOrder},
      {Method::kGet, "/orders", bind(lists, &OrderLists::all), kReadOrder},
      {Method::kGet, "/orders/{id}", bind(orders, &Orders::get), kReadOrder},
      {Method::kGet, "/orders/{id}/status", bind(orders, &Orders::status), kReadOrder},
      {Method::kGet, "/orders/{id}/events", bind(events, &OrderEvents::get), kReadOrder},
      {Method::kPost, "/orders/{id}/confirm", bind(asked, &RequestsOfOrders::confirm), kAskOrder},
      {Method::kPost, "/orders/{id}/cancel", bind(asked, &RequestsOfOrders::cancel), kAskOrder},
      {Method::kPost, "/orders/{id}/retry", bind(asked, &RequestsOfOrders::retry), kAskOrder},
      {Method::kPut, "/orders/{id}/status", bind(asked, &RequestsOfOrders::set_status), kSetStatus},
      {Method::kGet, "/users/{id}/orders", bind(lists, &OrderLists::of_user), kReadOfUser},
      {Method::kGet, "/jobs/{id}", bind(jobs, &Jobs::get), kReadJob},
  };
}

}  // namespace orderflow::http_api
