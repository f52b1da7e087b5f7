// What http-api does with each request.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "bench/instructions/workload.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/server/dispatcher.hpp"

namespace orderflow::bench {
namespace {

using http_api::Method;
using http_api::Request;
using http_api::RequestContext;
using http_api::Response;

// The row that GET /orders/{id}/status answers with.
http_api::SagaRecord saga_record(const Course& course) {
  const auto& state = course.sagas.front().state;
  http_api::SagaRecord record;
  record.order_id = course.facts.order_id;
  record.version = state.version;
  record.status = saga::to_text(state.status);
  record.phase = saga::to_text(state.phase);
  record.attempt = state.attempt;
  record.wake_at = state.wake_at;
  record.waiting_for = saga::to_text(state.waiting_for);
  record.updated_at = kCourseTime;
  return record;
}

struct Placing {
  Request request;
  std::vector<http_api::PricedProduct> products;
};

// POST /orders up to the point where the order waits for its commit.
http_api::NewOrder admit(const Placing& placing) {
  const RequestContext context{placing.request, "/orders", {}, {}};
  const auto parsed = http_api::parse_json_body(placing.request);
  const auto& body = parsed.value();
  auto wanted = http_api::validate_order(body).value();
  http_api::NewOrder order;
  order.key = http_api::read_idempotency_key(context, body).value();
  auto priced = http_api::price_items(wanted.items, placing.products).value();
  order.record.items = std::move(priced.json);
  order.record.delivery_address = std::move(wanted.delivery_address);
  return order;
}

// Routing, trace, metrics and the coroutines between them, without a socket.
class Dispatching {
 public:
  explicit Dispatching(const Course& course)
      : logger_("api", "warning"),
        metrics_("0"),
        dispatcher_(routes(saga_record(course)), logger_, metrics_),
        target_("/orders/" + course.facts.order_id.to_string() + "/status") {
    request_.method = Method::kGet;
    request_.target = request_.path = target_;
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
  static std::vector<http_api::Route> routes(http_api::SagaRecord record) {
    auto answer =
        [record = std::move(record)](const RequestContext&) -> boost::asio::awaitable<Response> {
      Response response;
      response.body = http_api::status_json(record);
      co_return response;
    };
    return {{Method::kPost, "/orders", answer},
            {Method::kGet, "/orders/{id}", answer},
            {Method::kGet, "/orders/{id}/status", answer}};
  }

  core::Logger logger_;
  core::Metrics metrics_;
  http_api::Dispatcher dispatcher_;
  std::string target_;
  Request request_;
  boost::asio::io_context context_{1};
};

}  // namespace

std::vector<Workload> door_workloads(const std::vector<Course>& courses) {
  std::vector<Placing> placings;
  std::vector<http_api::OrderRecord> records;
  std::vector<http_api::SagaRecord> sagas;
  std::vector<std::shared_ptr<Dispatching>> dispatchings;
  for (const auto& course : courses) {
    placings.push_back({place_request(course), course.products});
    records.push_back(course.record);
    sagas.push_back(saga_record(course));
    dispatchings.push_back(std::make_shared<Dispatching>(course));
  }
  return {each("admit_order", std::move(placings), admit),
          each("answer_placed_order", std::move(records), http_api::placed_order_json),
          each("answer_status", std::move(sagas), http_api::status_json),
          each("dispatch_status", std::move(dispatchings),
               [](const auto& dispatching) { return dispatching->answer(); })};
}

}  // namespace orderflow::bench
