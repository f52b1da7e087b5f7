#include "http-api/orders/status_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace orderflow::http_api {
namespace {

using saga::OrderStatus;
using enum saga::OrderStatus;

constexpr std::pair<OrderStatus, OrderStatus> kTransitions[] = {
    {kDraft, kPendingPayment},
    {kDraft, kCancelled},
    {kPendingPayment, kPaid},
    {kPendingPayment, kPaymentFailed},
    {kPendingPayment, kCancelling},
    {kPendingPayment, kNeedsAttention},
    {kPaymentFailed, kPendingPayment},
    {kPaymentFailed, kCancelled},
    {kPaid, kDeliveryScheduled},
    {kPaid, kCancelling},
    {kPaid, kNeedsAttention},
    {kCancelling, kCancelled},
    {kCancelling, kDelivered},
    {kCancelling, kNeedsAttention},
    {kDeliveryScheduled, kDelivered},
    // Where it came from is the owner's to know.
    {kNeedsAttention, kPendingPayment},
    {kNeedsAttention, kPaid},
    {kNeedsAttention, kCancelling},
};

// Operators' verbs are the owner's to judge.
template <typename Kind>
std::optional<Problem> refusal(const Kind&, OrderStatus) {
  return std::nullopt;
}

std::optional<Problem> refusal(const saga::Confirm&, OrderStatus status) {
  if (status == kDraft) return std::nullopt;
  return conflict("not_a_draft", "Only a draft can be confirmed; this order is " +
                                     std::string(saga::to_text(status)) + ".");
}

std::optional<Problem> refusal(const saga::Retry&, OrderStatus status) {
  if (status == kPaymentFailed) return std::nullopt;
  return conflict("not_failed", "Only an order whose payment failed can be retried; this one is " +
                                    std::string(saga::to_text(status)) + ".");
}

std::optional<Problem> refusal(const saga::Cancel&, OrderStatus status) {
  switch (status) {
    case kDeliveryScheduled:
    case kDelivered:
      return conflict(
          "too_late",
          "The delivery is scheduled, so the order can no longer be cancelled; ask for a "
          "refund with POST /refunds.");
    case kCancelled: return conflict("already_cancelled", "The order is cancelled already.");
    default: return std::nullopt;
  }
}

std::optional<Problem> refusal(const saga::Pay&, OrderStatus status) {
  switch (status) {
    case kPaid:
    case kDeliveryScheduled:
    case kDelivered: return conflict("already_paid", "The order is paid already.");
    case kCancelling:
    case kCancelled: return conflict("cancelled", "The order is cancelled; place a new one.");
    default: return std::nullopt;
  }
}

std::optional<Problem> refusal(const saga::Refund&, OrderStatus status) {
  switch (status) {
    case kDeliveryScheduled:
    case kDelivered: return std::nullopt;
    case kPaymentFailed:
    case kCancelled:
    case kDraft: return conflict("not_captured", "There is no captured payment to refund.");
    default:
      return conflict(
          "saga_running",
          "The order is still being processed; cancel it instead, which gives the money "
          "back.");
  }
}

std::optional<Problem> refusal(const saga::SetStatus& set, OrderStatus status) {
  if (is_legal_transition(status, set.target)) return std::nullopt;
  return conflict("illegal_transition", "An order cannot go from " +
                                            std::string(saga::to_text(status)) + " to " +
                                            std::string(saga::to_text(set.target)) + ".");
}

}  // namespace

bool is_legal_transition(OrderStatus from, OrderStatus to) {
  return std::find(std::begin(kTransitions), std::end(kTransitions), std::pair(from, to)) !=
         std::end(kTransitions);
}

std::optional<Problem> refused_by_status(const saga::RequestKind& kind, OrderStatus status) {
  return std::visit([&](const auto& one) { return refusal(one, status); }, kind);
}

}  // namespace orderflow::http_api
