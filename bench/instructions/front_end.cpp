// What http-api does with each request.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "bench/instructions/workload.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "http-api/middleware/idempotency_key.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/orders/new_order.hpp"
#include "http-api/server/dispatcher.hpp"
#include "http-api/server/json_body.hpp"

namespace orderflow::bench {
namespace {

using http_api::Method;
using http_api::Request;
using http_api::RequestContext;
using http_api::Response;

// The row that GET /orders/{id}/status answers with.
saga::SagaRow saga_row(const Course& course) {
  return {course.facts.order_id, course.sagas.front().state, kCourseTime};
}

struct Placing {
  Request request;
  std::vector<http_api::PricedProduct> products;
};

// POST /orders up to the point where the order waits for its commit.
http_api::NewOrder admit(const Placing& placing) {
  static constexpr http_api::Policy kPolicy{.body = http_api::BodyUse::kJson,
                                            .key = http_api::KeyUse::kOptional};
  RequestContext context{placing.request, "/orders", kPolicy};
  context.body = http_api::parse_json_body(placing.request, kPolicy.body).value();
  auto wanted = http_api::read_body<http_api::PlaceOrder>(context.body).value();
  http_api::NewOrder order;
  order.key = http_api::read_idempotency_key(context).value();
  auto priced = http_api::price_items(wanted.items, placing.products).value();
  order.row.items = std::move(priced.json);
  order.row.delivery_address = std::move(wanted.delivery_address);
  return order;
}

// Routing, trace, metrics and the coroutines between them, without a socket.
class Dispatching {
 public:
  explicit Dispatching(const Course& course)
      : logger_("api", core::LogLevel::kWarning),
        metrics_("0"),
        shedder_(std::chrono::seconds{3}),
        dispatcher_(routes(saga_row(course)),
                    {http_api::request_metrics(metrics_, "api"), http_api::correlation(),
                     http_api::access_log(logger_), http_api::error_boundary(logger_),
                     http_api::authorization("key"), http_api::load_shedding(shedder_),
                     http_api::json_body(), http_api::idempotency({})}),
        target_("/orders/" + course.facts.order_id.uuid.to_string() + "/status") {
    request_.method = Method::kGet;
    request_.path = target_;
    request_.headers = {{"Host", "127.0.0.1:8080"}, {"Accept", "application/json"}};
  }

  Response answer() {
    Response response;
    auto asked = [this, &response]() -> boost::asio::awaitable<void> {
      response = co_await dispatcher_.answer(request_, nullptr);
    };
    boost::asio::co_spawn(context_, std::move(asked), boost::asio::detached);
    context_.run();
    context_.restart();
    return response;
  }

 private:
  static std::vector<http_api::Route> routes(saga::SagaRow row) {
    auto answer = [row = std::move(row)](RequestContext&) -> boost::asio::awaitable<Response> {
      Response response;
      response.body = http_api::status_json(row);
      co_return response;
    };
    return {{Method::kPost, "/orders", answer, {}},
            {Method::kGet, "/orders/{id}", answer, {}},
            {Method::kGet, "/orders/{id}/status", answer, {}}};
  }

  core::Logger logger_;
  core::Metrics metrics_;
  http_api::LoadShedder shedder_;
  http_api::Dispatcher dispatcher_;
  std::string target_;
  Request request_;
  boost::asio::io_context context_{1};
};

}  // namespace

std::vector<Workload> front_end_workloads(const std::vector<Course>& courses) {
  std::vector<Placing> placings;
  std::vector<http_api::OrderRow> rows;
  std::vector<saga::SagaRow> sagas;
  std::vector<std::shared_ptr<Dispatching>> dispatchings;
  for (const auto& course : courses) {
    placings.push_back({place_request(course), course.products});
    rows.push_back(course.row);
    sagas.push_back(saga_row(course));
    dispatchings.push_back(std::make_shared<Dispatching>(course));
  }
  return {each("admit_order", std::move(placings), admit),
          each("answer_placed_order", std::move(rows), http_api::placed_order_json),
          each("answer_status", std::move(sagas), http_api::status_json),
          each("dispatch_status", std::move(dispatchings),
               [](const auto& dispatching) { return dispatching->answer(); })};
}

}  // namespace orderflow::bench
