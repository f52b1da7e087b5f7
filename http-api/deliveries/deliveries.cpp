#include "http-api/frontends.hpp"
#include "http-api/server/list_query.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

std::string delivery_columns() {
  return "id::text, order_id::text, status, carrier, tracking_number, delivery_address::text, "
         "code, "
         "detail, " +
         rfc3339("delivered_at") + ", " + rfc3339("created_at") + ", " + rfc3339("updated_at");
}

std::string delivery_json(const pqxx::row& row) {
  std::string failure = "null";
  if (!row[6].is_null()) {
    failure = JsonObject().field("code", row[6].c_str()).field("detail", row[7].c_str()).text();
  }
  return JsonObject()
      .field("id", row[0].c_str())
      .field("order_id", row[1].c_str())
      .field("status", row[2].c_str())
      .field("carrier", optional_text(row[3]))
      .field("tracking_number", optional_text(row[4]))
      .field("delivery_address", RawJson{row[5].c_str()})
      .field("failure", RawJson{failure})
      .field("delivered_at", optional_text(row[8]))
      .field("created_at", row[9].c_str())
      .field("updated_at", row[10].c_str())
      .text();
}

// GET /deliveries and GET /deliveries/{id}.
class DeliveriesFrontend {
 public:
  explicit DeliveriesFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> list(const RequestContext& context) {
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "deliveries");
    if (!page) co_return refuse(std::move(page.error()));
    ListQuery list;
    list.select = "SELECT " + delivery_columns() + " FROM delivery.deliveries";
    list.order_by = "order_id DESC, id DESC";
    list.after =
        "(order_id, id) < ((SELECT d.order_id FROM delivery.deliveries d WHERE d.id = ?::uuid), "
        "?::uuid)";
    list.page = std::move(*page);
    list.to_json = delivery_json;
    co_return co_await run_list(services_.blocking, services_.pools.delivery, std::move(list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "delivery");
    if (!id) co_return refuse(id.error());
    SingleQuery query;
    query.sql = "SELECT " + delivery_columns() + " FROM delivery.deliveries WHERE id = $1::uuid";
    query.id = *id;
    query.what = "delivery";
    query.to_json = delivery_json;
    co_return co_await run_single(services_.blocking, services_.pools.delivery, std::move(query));
  }

 private:
  Services& services_;
};

}  // namespace

std::vector<Route> delivery_routes(Services& services) {
  auto front = std::make_shared<DeliveriesFrontend>(services);
  return {
      {Method::kGet, "/deliveries",
       answering_problems([front](const RequestContext& c) { return front->list(c); })},
      {Method::kGet, "/deliveries/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
  };
}

}  // namespace orderflow::http_api
