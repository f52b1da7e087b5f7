#pragma once

#include <string>
#include <vector>

#include "domain/payments/payments.hpp"
#include "events/messages.hpp"
#include "http-api/orders/order_rows.hpp"
#include "http-api/orders/place_order.hpp"
#include "http-api/server/http.hpp"
#include "saga/order/decide.hpp"
#include "saga/store/store.hpp"

namespace orderflow::bench {

// When everything happens: counts must not depend on the date.
inline constexpr core::Time kCourseTime{std::chrono::sys_days{std::chrono::year{2026} / 1 / 31}};

// One order from its request to its delivery, made by the product's own functions: what went in and
// what came out at each place. The same number always gives the same order.
struct Course {
  std::string request_body;  // of POST /orders
  std::vector<http_api::PricedProduct> products;
  http_api::OrderRow row;
  saga::OrderFacts facts;
  domain::Account account;  // Pays for this order and has enough.
  // The forward course: placed, paid, scheduled, delivered.
  std::vector<saga::Input> inputs;
  std::vector<saga::Saga> sagas;  // As they are after each input.
  std::vector<events::OrderEvent> events;
  events::PaymentCommand payment_command;
  events::DeliveryCommand delivery_command;
  events::Reply payment_reply;
  events::Reply delivery_reply;
  events::DeliveryReport report;
};

[[nodiscard]] Course course_of(int number);

// The headers that a POST /orders is read with.
[[nodiscard]] http_api::Request place_request(const Course& course);

}  // namespace orderflow::bench
