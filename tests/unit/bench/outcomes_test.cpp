#include "bench/outcomes.hpp"

#include <catch2/catch_test_macros.hpp>

using orderflow::bench::Ending;
using orderflow::bench::ending_of_event;
using orderflow::bench::ending_of_status;

TEST_CASE("the events that end a saga are told from those on its way") {
  CHECK(ending_of_event("orderflow.order.delivery_scheduled.v1") == Ending::kScheduled);
  CHECK(ending_of_event("orderflow.order.payment_failed.v1") == Ending::kPaymentFailed);
  CHECK(ending_of_event("orderflow.order.order_cancelled.v1") == Ending::kCancelled);
  CHECK(ending_of_event("orderflow.order.order_delivered.v1") == Ending::kDelivered);
  CHECK_FALSE(ending_of_event("orderflow.order.order_placed.v1"));
  CHECK_FALSE(ending_of_event(""));
}

TEST_CASE("statuses end an order exactly when the API calls them terminal") {
  CHECK(ending_of_status("DELIVERY_SCHEDULED") == Ending::kScheduled);
  CHECK(ending_of_status("DELIVERED") == Ending::kDelivered);
  CHECK(ending_of_status("PAYMENT_FAILED") == Ending::kPaymentFailed);
  CHECK(ending_of_status("CANCELLED") == Ending::kCancelled);
  CHECK_FALSE(ending_of_status("PAID"));
  CHECK_FALSE(ending_of_status("NEEDS_ATTENTION"));
}
