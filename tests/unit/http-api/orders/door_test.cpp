#include "http-api/orders/door.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using enum saga::OrderStatus;

bool refused(std::string_view kind, saga::OrderStatus status) {
  const auto problem = refused_at_door(kind, status);
  if (problem) CHECK(problem->status == 409);
  return problem.has_value();
}

TEST_CASE("the door lets through what the owner may accept") {
  CHECK_FALSE(refused("confirm", kDraft));
  CHECK(refused("confirm", kPendingPayment));
  CHECK_FALSE(refused("retry", kPaymentFailed));
  CHECK(refused("retry", kDelivered));
  for (const auto status :
       {kDraft, kPendingPayment, kPaid, kPaymentFailed, kCancelling, kNeedsAttention}) {
    CHECK_FALSE(refused("cancel", status));
  }
  for (const auto status : {kDeliveryScheduled, kDelivered, kCancelled}) {
    CHECK(refused("cancel", status));
  }
  CHECK_FALSE(refused("pay", kDraft));
  CHECK_FALSE(refused("pay", kPaymentFailed));
  CHECK(refused("pay", kPaid));
  CHECK(refused("pay", kCancelled));
}

TEST_CASE("a refund waits for the saga's end") {
  CHECK(refused_at_door("refund", kPaid)->code == "saga_running");
  CHECK(refused_at_door("refund", kCancelled)->code == "not_captured");
  CHECK_FALSE(refused("refund", kDeliveryScheduled));
  CHECK_FALSE(refused("refund", kDelivered));
}

TEST_CASE("operators may ask for legal transitions only") {
  CHECK_FALSE(refused_at_door("set_status", kDraft, kPendingPayment));
  CHECK_FALSE(refused_at_door("set_status", kDeliveryScheduled, kDelivered));
  CHECK(refused_at_door("set_status", kDraft, kPaid)->code == "illegal_transition");
  for (const auto target :
       {kDraft, kPendingPayment, kPaid, kPaymentFailed, kCancelling, kCancelled}) {
    CHECK(refused_at_door("set_status", kDelivered, target));
    CHECK(refused_at_door("set_status", kCancelled, target));
  }
}

}  // namespace
}  // namespace orderflow::http_api
