#include "http-api/deliveries/deliveries.hpp"

#include "domain/delivery/reads.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {
namespace {

std::string delivery_json(const domain::DeliveryView& view) {
  const domain::Delivery& delivery = view.delivery;
  std::string failure = "null";
  if (!delivery.code.empty()) {
    failure = JsonObject().field("code", delivery.code).field("detail", delivery.detail).text();
  }
  return JsonObject()
      .field("id", delivery.id)
      .field("order_id", delivery.order_id.uuid)
      .field("status", domain::name_of(delivery.status))
      .field_or_null("carrier", delivery.carrier)
      .field_or_null("tracking_number", delivery.tracking_number)
      .field("delivery_address", RawJson{delivery.address})
      .field("failure", RawJson{failure})
      .field("delivered_at", delivery.delivered_at)
      .field("created_at", view.created_at)
      .field("updated_at", delivery.updated_at)
      .text();
}

class DeliveryReads {
 public:
  explicit DeliveryReads(std::shared_ptr<core::SessionPool> sessions)
      : sessions_(std::move(sessions)) {}

  asio::awaitable<Checked<Response>> list(Query<PageRequest> page) {
    auto work = [page = std::move(page.value)](core::PgSession& session) {
      return read_list<domain::DeliveryView>(session, list_deliveries(), page, delivery_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id) {
    auto work = [id = id.value](core::PgSession& session) {
      return domain::find_delivery(session, id);
    };
    const auto delivery = co_await sessions_->run(std::move(work));
    if (!delivery) co_return refuse(not_found("delivery"));
    co_return json_response(delivery_json(*delivery));
  }

 private:
  std::shared_ptr<core::SessionPool> sessions_;
};

class Deliveries final : public ApiContext {
 public:
  explicit Deliveries(const ApiEnvironment& environment)
      : database_(environment, kKeyTable<"delivery">, "orderflow_delivery"),
        reads_(std::make_shared<DeliveryReads>(database_.sessions())) {}

  std::vector<Route> routes() override {
    constexpr Policy kRead{.context = "delivery", .resource = "delivery"};
    return {{Method::kGet, "/deliveries", bind(reads_, &DeliveryReads::list), kRead},
            {Method::kGet, "/deliveries/{id}", bind(reads_, &DeliveryReads::get), kRead}};
  }

  // Of what operators do to its dead letters.
  KeyStore* keys() override { return &database_.keys(); }
  void request_stop() override { database_.request_stop(); }
  void stop() override { database_.stop(); }

 private:
  KeyedSessions database_;
  std::shared_ptr<DeliveryReads> reads_;
};

}  // namespace

KeysetQuery list_deliveries() {
  return {core::sql<"SELECT ", domain::DeliveryView::kColumns, " FROM delivery.deliveries">, "id"};
}

std::unique_ptr<ApiContext> make_deliveries(const ApiEnvironment& environment) {
  return std::make_unique<Deliveries>(environment);
}

}  // namespace orderflow::http_api
