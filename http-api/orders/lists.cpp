#include <nlohmann/json.hpp>

#include "http-api/frontends.hpp"
#include "http-api/orders/records.hpp"
#include "http-api/server/list_query.hpp"
#include "saga/order/state.hpp"

namespace orderflow::http_api {
namespace {

constexpr const char* kSelect =
    "SELECT o.id::text, o.user_id::text, o.items::text, o.total, o.currency, "
    "o.delivery_address::text, o.special_instructions, o.draft, o.created_at::text, s.status, "
    "s.failure_code, s.failure_detail, s.payment_id::text, s.delivery_id::text, s.updated_at::text "
    "FROM orders.orders o JOIN orders.sagas s ON s.order_id = o.id";

core::Uuid uuid_of(const pqxx::field& field) {
  return core::Uuid::parse(field.c_str()).value_or(core::Uuid{});
}

std::optional<core::Uuid> maybe_uuid(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : core::Uuid::parse(field.c_str());
}

std::optional<std::string> maybe_text(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
}

// PostgreSQL writes "2026-01-31 09:30:00.123+00"; RFC 3339 wants minutes in the offset.
core::Time time_of(const pqxx::field& field) {
  return core::parse_rfc3339(std::string(field.c_str()) + ":00").value_or(core::Time{});
}

std::string row_json(const pqxx::row& row) {
  OrderWithSaga order;
  order.order.id = uuid_of(row[0]);
  order.order.user_id = uuid_of(row[1]);
  order.order.items = row[2].c_str();
  order.order.total = row[3].as<std::int64_t>();
  order.order.currency = row[4].c_str();
  order.order.delivery_address = row[5].c_str();
  order.order.special_instructions = maybe_text(row[6]);
  order.order.draft = row[7].as<bool>();
  order.order.created_at = time_of(row[8]);
  order.saga.status = row[9].c_str();
  order.saga.failure_code = maybe_text(row[10]);
  order.saga.failure_detail = maybe_text(row[11]);
  order.saga.payment_id = maybe_uuid(row[12]);
  order.saga.delivery_id = maybe_uuid(row[13]);
  order.saga.updated_at = time_of(row[14]);
  return order_json(order);
}

// GET /orders and GET /users/{id}/orders.
class OrderListsFrontend {
 public:
  explicit OrderListsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> all(const RequestContext& context) {
    const auto query =
        Query::parse(context, {"limit", "page_token", "user_id", "status", "from", "to"});
    if (!query) co_return refuse(query.error());
    auto list = start(*query, "orders");
    if (!list) co_return refuse(std::move(list.error()));
    if (auto problem = add_filters(*query, *list)) co_return refuse(std::move(*problem));
    co_return co_await run_list(services_.blocking, services_.pools.orders, std::move(*list));
  }

  asio::awaitable<Checked<Response>> of_user(const RequestContext& context) {
    const auto id = path_id(context, "user");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto list = start(*query, "orders of " + id->to_string());
    if (!list) co_return refuse(std::move(list.error()));
    if (!co_await services_.lookups.user_exists(*id)) co_return refuse(not_found("user"));
    list->where("o.user_id = ?::uuid", id->to_string());
    co_return co_await run_list(services_.blocking, services_.pools.orders, std::move(*list));
  }

 private:
  static Checked<ListQuery> start(const Query& query, std::string_view name) {
    auto page = PageRequest::parse(query, name);
    if (!page) return refuse(std::move(page.error()));
    ListQuery list;
    list.select = kSelect;
    list.order_by = "o.id DESC";
    list.after = "o.id < ?::uuid";
    list.page = std::move(*page);
    list.to_json = row_json;
    return list;
  }

  static std::optional<Problem> add_filters(const Query& query, ListQuery& list) {
    const auto user = query.uuid("user_id");
    if (!user) return user.error();
    if (*user) list.where("o.user_id = ?::uuid", (*user)->to_string());
    if (const auto status = query.text("status")) {
      if (!saga::parse_order_status(*status)) {
        return bad_request("The query is wrong; see errors.",
                           {{"status", "is not a status of orders"}});
      }
      list.where("s.status = ?", *status);
    }
    for (const auto& [name, condition] : {std::pair{"from", "o.created_at >= ?::timestamptz"},
                                          std::pair{"to", "o.created_at < ?::timestamptz"}}) {
      const auto time = query.time(name);
      if (!time) return time.error();
      if (*time) list.where(condition, core::to_rfc3339(**time));
    }
    return std::nullopt;
  }

  Services& services_;
};

}  // namespace

std::vector<Route> order_list_routes(Services& services) {
  auto front = std::make_shared<OrderListsFrontend>(services);
  return {
      {Method::kGet, "/orders",
       answering_problems([front](const RequestContext& c) { return front->all(c); })},
      {Method::kGet, "/users/{id}/orders",
       answering_problems([front](const RequestContext& c) { return front->of_user(c); })},
  };
}

}  // namespace orderflow::http_api
