#include "http-api/deliveries/deliveries.hpp"

#include "core/pg/sql.hpp"
#include "http-api/server/bind.hpp"
#include "http-api/server/context_sessions.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {
namespace {

// A row of delivery.deliveries.
struct DeliveryRow {
  static constexpr core::SqlText kColumns{
      "id, order_id, status, carrier, tracking_number, delivery_address, code, detail, "
      "delivered_at, created_at, updated_at"};

  core::Uuid id;
  core::Uuid order_id;
  std::string status;
  std::optional<std::string> carrier;
  std::optional<std::string> tracking_number;
  core::JsonText delivery_address;
  std::optional<std::string> failure_code;
  std::string failure_detail;
  std::optional<core::Time> delivered_at;
  core::Time created_at;
  core::Time updated_at;

  [[nodiscard]] const core::Uuid& position() const { return id; }
  [[nodiscard]] static DeliveryRow read(core::PgRow& row) {
    return {row.take<core::Uuid>(),
            row.take<core::Uuid>(),
            row.take<std::string>(),
            row.take<std::optional<std::string>>(),
            row.take<std::optional<std::string>>(),
            row.take<core::JsonText>(),
            row.take<std::optional<std::string>>(),
            row.take<std::string>(),
            row.take<std::optional<core::Time>>(),
            row.take<core::Time>(),
            row.take<core::Time>()};
  }
};

constexpr core::PgStatement kFindDelivery{
    "api_delivery",
    core::sql<"SELECT ", DeliveryRow::kColumns, " FROM delivery.deliveries WHERE id = $1">};

std::string to_json(const DeliveryRow& delivery) {
  std::string failure = "null";
  if (delivery.failure_code) {
    failure = JsonObject()
                  .field("code", *delivery.failure_code)
                  .field("detail", delivery.failure_detail)
                  .text();
  }
  return JsonObject()
      .field("id", delivery.id)
      .field("order_id", delivery.order_id)
      .field("status", delivery.status)
      .field("carrier", delivery.carrier)
      .field("tracking_number", delivery.tracking_number)
      .field("delivery_address", RawJson{delivery.delivery_address.text})
      .field("failure", RawJson{failure})
      .field("delivered_at", delivery.delivered_at)
      .field("created_at", delivery.created_at)
      .field("updated_at", delivery.updated_at)
      .text();
}

class DeliveryReads {
 public:
  explicit DeliveryReads(const ApiEnvironment& environment)
      : sessions_(context_sessions(environment, "orderflow_delivery")) {}

  void request_stop() { sessions_->request_stop(); }

  asio::awaitable<Checked<Response>> list(Query<PageRequest> page) {
    auto work = [page = std::move(page.value)](core::PgSession& session) {
      const KeysetQuery query{
          core::sql<"SELECT ", DeliveryRow::kColumns, " FROM delivery.deliveries">,
          "order_id DESC, id DESC",
          "(order_id, id) < ((SELECT d.order_id FROM delivery.deliveries d WHERE d.id = ?), ?)"};
      return read_list<DeliveryRow>(session, query, page);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id) {
    auto work = [id = id.value](core::PgSession& session) {
      return core::first_row_of<DeliveryRow>(
          session.execute(kFindDelivery, core::PgParams().uuid(id)));
    };
    const auto delivery = co_await sessions_->run(std::move(work));
    if (!delivery) co_return refuse(not_found("delivery"));
    co_return json_response(to_json(*delivery));
  }

 private:
  std::shared_ptr<core::SessionPool> sessions_;
};

class Deliveries final : public ApiContext {
 public:
  explicit Deliveries(const ApiEnvironment& environment)
      : reads_(std::make_shared<DeliveryReads>(environment)) {}

  std::vector<Route> routes() override {
    constexpr Policy kRead{.context = "delivery", .resource = "delivery"};
    return {{Method::kGet, "/deliveries", bind(reads_, &DeliveryReads::list), kRead},
            {Method::kGet, "/deliveries/{id}", bind(reads_, &DeliveryReads::get), kRead}};
  }

  void request_stop() override { reads_->request_stop(); }

 private:
  std::shared_ptr<DeliveryReads> reads_;
};

}  // namespace

std::unique_ptr<ApiContext> make_deliveries(const ApiEnvironment& environment) {
  return std::make_unique<Deliveries>(environment);
}

}  // namespace orderflow::http_api
