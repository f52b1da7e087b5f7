#include "http-api/orders/lists.hpp"

#include "http-api/server/list.hpp"

namespace orderflow::http_api {
namespace {

KeysetQuery list_orders(const OrderFilter& filter) {
  KeysetQuery query{core::sql<"SELECT ", OrderRow::kColumns, ", ", saga::SagaRow::kColumns,
                              " FROM orders.orders o JOIN orders.sagas s ON s.order_id = o.id">,
                    "o.id DESC", "o.id < ?"};
  if (filter.user_id) query.where.add("o.user_id = ?", *filter.user_id);
  if (filter.status) query.where.add("s.status = ?", saga::to_text(*filter.status));
  if (filter.from) query.where.add("o.created_at >= ?", *filter.from);
  if (filter.to) query.where.add("o.created_at < ?", *filter.to);
  return query;
}

}  // namespace

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
  return backend_.sessions.run(std::move(work));
}

}  // namespace orderflow::http_api
