#include "http-api/orders/lists.hpp"

namespace orderflow::http_api {
namespace {

constexpr const char* kRowsOfPage =
    core::sql<"SELECT ", OrderRow::kColumns, ", ", saga::SagaRow::kColumns,
              " FROM page JOIN orders.orders o ON o.id = page.id"
              " JOIN orders.sagas s ON s.order_id = page.id">;

KeysetQuery any_status(const OrderFilter& filter) {
  KeysetQuery query{"SELECT o.id FROM orders.orders o", "o.id"};
  if (filter.user_id) query.of("o.user_id", *filter.user_id);
  return query;
}

// The index holds an order from when it comes to rest, under the status that it rests at.
KeysetQuery at_rest(const OrderFilter& filter, saga::OrderStatus status) {
  KeysetQuery query{"SELECT s.order_id AS id FROM orders.sagas s", "s.order_id"};
  if (filter.user_id) query.of("s.user_id", *filter.user_id);
  query.of("s.resting_status", saga::to_text(status), "?::orders.resting_status");
  return query;
}

// All that are being worked on are read and sorted: a status that changes with every step is in no
// index. The number of those is limited (ORDERFLOW_WAITING_ORDERS_LIMIT).
KeysetQuery being_worked_on(const OrderFilter& filter, saga::OrderStatus status) {
  KeysetQuery query{"", "s.id"};
  std::string conditions = "live AND NOT attention AND status = ";
  conditions += query.where.bind(saga::to_text(status));
  if (filter.user_id) conditions += " AND user_id = " + query.where.bind(*filter.user_id);
  query.select = "SELECT s.id FROM (SELECT order_id AS id FROM orders.sagas WHERE " + conditions +
                 " OFFSET 0) s";
  return query;
}

KeysetQuery chosen_by(const OrderFilter& filter) {
  if (!filter.status) return any_status(filter);
  if (saga::is_resting(*filter.status)) return at_rest(filter, *filter.status);
  return being_worked_on(filter, *filter.status);
}

}  // namespace

KeysetQuery list_orders(const OrderFilter& filter) {
  KeysetQuery query = chosen_by(filter);
  query.rows_of_page = kRowsOfPage;
  if (filter.from) query.first = core::first_uuid_of(*filter.from);
  if (filter.to) query.end = core::first_uuid_of(*filter.to);
  return query;
}

OrderFilter OrderFilter::read(QueryReader& query) {
  OrderFilter filter;
  filter.user_id = query.uuid("user_id");
  if (const auto name = query.text("status")) {
    filter.status = saga::parse_order_status(*name);
    if (!filter.status) query.error("status", "is not a status of orders");
  }
  filter.from = query.time("from");
  filter.to = query.time("to");
  filter.page = query.page();
  return filter;
}

asio::awaitable<Checked<Response>> OrderLists::all(Query<OrderFilter> filter) {
  co_return co_await list(std::move(filter.value));
}

asio::awaitable<Checked<Response>> OrderLists::of_user(Path<core::Uuid> user_id,
                                                       Query<PageRequest> page) {
  if (!co_await backend_.references.user_exists(user_id.value)) co_return refuse(not_found("user"));
  OrderFilter filter;
  filter.user_id = user_id.value;
  filter.page = std::move(page.value);
  co_return co_await list(std::move(filter));
}

asio::awaitable<Checked<Response>> OrderLists::list(OrderFilter filter) {
  auto work = [filter = std::move(filter)](core::PgSession& session) -> Checked<Response> {
    return read_list<OrderWithSaga>(session, list_orders(filter), filter.page, order_json);
  };
  return backend_.lists.run(std::move(work));
}

}  // namespace orderflow::http_api
