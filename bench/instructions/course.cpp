#include "bench/instructions/course.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "core/values/shard_key.hpp"
#include "domain/delivery/delivery.hpp"
#include "http-api/server/json_body.hpp"
#include "saga/order/command_messages.hpp"

namespace orderflow::bench {
namespace {

using core::Uuid;

constexpr int kProductsMax = 3;
constexpr std::int64_t kOpening = 1'000'000'00;

Uuid id_of(std::string_view kind, int number) {
  return core::derived_uuid(Uuid{}, std::string(kind) + "/" + std::to_string(number));
}

nlohmann::json body_of_order(int number) {
  nlohmann::json items = nlohmann::json::array();
  for (int i = 0; i <= number % kProductsMax; ++i) {
    items.push_back({{"product_id", id_of("product", i).to_string()}, {"quantity", 1 + i}});
  }
  return {{"user_id", id_of("user", number).to_string()},
          {"items", std::move(items)},
          {"delivery_address",
           {{"name", "Alice Adams"},
            {"line1", "1 Main Street"},
            {"city", "Springfield"},
            {"postal_code", "12345"},
            {"country", "US"}}}};
}

// Hears an input and goes on from the state it leads to; returns what is to be sent.
std::vector<saga::CommandMessage> hear(Course& course, saga::Input input) {
  static const saga::Policy policy;
  const saga::State before = course.sagas.empty() ? saga::State{} : course.sagas.back().state;
  saga::Decision decision = saga::decide(before, course.facts, input, kCourseTime, policy);
  std::vector<saga::CommandMessage> sent;
  for (const auto& command : decision.commands) {
    sent.push_back(saga::message_of(course.facts, decision.state, command));
  }
  std::move(decision.events.begin(), decision.events.end(), std::back_inserter(course.events));
  course.inputs.push_back(std::move(input));
  course.sagas.push_back(
      {std::make_shared<const saga::OrderFacts>(course.facts), std::move(decision.state)});
  return sent;
}

void place(Course& course, int number) {
  course.request_body = body_of_order(number).dump();
  const auto body = http_api::parse_json_body(place_request(course), http_api::BodyUse::kJson);
  auto wanted = http_api::read_body<http_api::PlaceOrder>(body.value()).value();
  for (std::size_t i = 0; i < wanted.items.size(); ++i) {
    course.products.push_back({"Noise-cancelling headphones", 299'99, "USD", true});
  }
  auto priced = http_api::price_items(wanted.items, course.products).value();
  auto& row = course.row;
  row.id = core::ShardKey(id_of("order", number));
  row.user_id = wanted.user_id;
  row.items = std::move(priced.json);
  row.total = priced.total;
  row.currency = std::move(priced.currency);
  row.delivery_address = std::move(wanted.delivery_address);
  row.created_at = kCourseTime;
  auto& facts = course.facts;
  facts.order_id = row.id;
  facts.user_id = core::ShardKey(row.user_id);
  facts.total = {row.total, row.currency};
  facts.delivery_address = row.delivery_address;
  facts.trace = {id_of("correlation", number).to_string(),
                 "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  course.account = {row.user_id, row.currency, kOpening, 1};
}

void pay(Course& course) {
  domain::PaymentRecords records;
  records.add(course.account);
  const domain::PaymentContext context{kCourseTime, false, course.facts.trace.correlation_id};
  course.payment_reply = domain::handle(records, course.payment_command, context).value().reply;
}

void deliver(Course& course) {
  domain::DeliveryRecords records;
  const domain::DeliveryPolicy policy;
  const domain::DeliveryContext context{course.facts.order_id, kCourseTime, false,
                                        course.facts.trace};
  const auto verdict = domain::handle(records, course.delivery_command, context, policy).value();
  course.delivery_reply = verdict.reply.value();
  const auto due = kCourseTime + policy.carrier_time;
  course.report = domain::fire(records, course.delivery_reply.command_id, due, policy).value();
}

}  // namespace

Course course_of(int number) {
  Course course;
  place(course, number);
  auto sent = hear(course, saga::Start{});
  course.payment_command = std::get<events::PaymentCommand>(sent.at(0).body);
  pay(course);
  sent = hear(course, saga::ReplyReceived{course.payment_reply});
  course.delivery_command = std::get<events::DeliveryCommand>(sent.at(0).body);
  deliver(course);
  hear(course, saga::ReplyReceived{course.delivery_reply});
  hear(course, course.report);
  return course;
}

http_api::Request place_request(const Course& course) {
  http_api::Request request;
  request.method = http_api::Method::kPost;
  request.path = "/orders";
  request.headers = {{"Host", "127.0.0.1:8080"},
                     {"Content-Type", "application/json"},
                     {"Idempotency-Key", "018f0000-0000-7000-8000-00000000a11c"}};
  request.body = course.request_body;
  return request;
}

}  // namespace orderflow::bench
