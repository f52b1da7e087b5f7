#include "http-api/orders/status_rules.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using enum saga::OrderStatus;

bool refused(const saga::RequestKind& kind, saga::OrderStatus status) {
  const auto problem = refused_by_status(kind, status);
  if (problem) CHECK(problem->status == 409);
  return problem.has_value();
}

TEST_CASE("the API lets through what the owner may accept") {
  CHECK_FALSE(refused(saga::Confirm{}, kDraft));
  CHECK(refused(saga::Confirm{}, kPendingPayment));
  CHECK_FALSE(refused(saga::Retry{}, kPaymentFailed));
  CHECK(refused(saga::Retry{}, kDelivered));
  for (const auto status :
       {kDraft, kPendingPayment, kPaid, kPaymentFailed, kCancelling, kNeedsAttention}) {
    CHECK_FALSE(refused(saga::Cancel{}, status));
  }
  for (const auto status : {kDeliveryScheduled, kDelivered, kCancelled}) {
    CHECK(refused(saga::Cancel{}, status));
  }
  CHECK_FALSE(refused(saga::Pay{}, kDraft));
  CHECK_FALSE(refused(saga::Pay{}, kPaymentFailed));
  CHECK(refused(saga::Pay{}, kPaid));
  CHECK(refused(saga::Pay{}, kCancelled));
}

TEST_CASE("a refund waits for the saga's end") {
  CHECK(refused_by_status(saga::Refund{}, kPaid)->code == "saga_running");
  CHECK(refused_by_status(saga::Refund{}, kCancelled)->code == "not_captured");
  CHECK_FALSE(refused(saga::Refund{}, kDeliveryScheduled));
  CHECK_FALSE(refused(saga::Refund{}, kDelivered));
}

TEST_CASE("operators may ask for legal transitions only") {
  CHECK_FALSE(refused_by_status(saga::SetStatus{kPendingPayment}, kDraft));
  CHECK_FALSE(refused_by_status(saga::SetStatus{kDelivered}, kDeliveryScheduled));
  CHECK(refused_by_status(saga::SetStatus{kPaid}, kDraft)->code == "illegal_transition");
  for (const auto target :
       {kDraft, kPendingPayment, kPaid, kPaymentFailed, kCancelling, kCancelled}) {
    CHECK(refused_by_status(saga::SetStatus{target}, kDelivered));
    CHECK(refused_by_status(saga::SetStatus{target}, kCancelled));
  }
}

}  // namespace
}  // namespace orderflow::http_api
