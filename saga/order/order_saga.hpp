#pragma once

#include "events/messages.hpp"
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

// The order saga: charge the customer, order the carrier; once both hold, the order is committed.
// Whatever fails before is undone in reverse. The carrier's report of delivery follows the saga.
inline constexpr Definition kOrderSaga =
    define("order", {
                        step("payment", StepKind::kCompensatable)
                            .command(events::CapturePayment::kType)
                            .undo(events::UndoCapture::kType)
                            .done("PAID", "PaymentCaptured")
                            .undone("PaymentRefunded")
                            .refused("PAYMENT_FAILED", "PaymentFailed"),
                        step("delivery", StepKind::kCompensatable)
                            .command(events::ScheduleDelivery::kType)
                            .undo(events::CancelDelivery::kType)
                            .undone("DeliveryCancelled"),
                        pivot("scheduled").done("DELIVERY_SCHEDULED", "DeliveryScheduled"),
                    });

inline constexpr int kPaymentStep = kOrderSaga.index_of("payment");
inline constexpr int kDeliveryStep = kOrderSaga.index_of("delivery");

}  // namespace orderflow::saga
