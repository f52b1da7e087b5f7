#include "tests/simulation/oracle.hpp"

#include <algorithm>

namespace orderflow::simulation {

using domain::DeliveryStatus;
using domain::PaymentStatus;
using saga::OrderStatus;

namespace {

// The legal transitions, as bits of the statuses that may follow.
constexpr unsigned bit(OrderStatus status) { return 1U << static_cast<unsigned>(status); }

unsigned followers(OrderStatus from) {
  switch (from) {
    case OrderStatus::kDraft:
      return bit(OrderStatus::kPendingPayment) | bit(OrderStatus::kCancelled);
    case OrderStatus::kPendingPayment:
      return bit(OrderStatus::kPaid) | bit(OrderStatus::kPaymentFailed) |
             bit(OrderStatus::kCancelling) | bit(OrderStatus::kNeedsAttention);
    case OrderStatus::kPaymentFailed:
      return bit(OrderStatus::kPendingPayment) | bit(OrderStatus::kCancelled);
    case OrderStatus::kPaid:
      return bit(OrderStatus::kDeliveryScheduled) | bit(OrderStatus::kCancelling) |
             bit(OrderStatus::kNeedsAttention);
    case OrderStatus::kCancelling:
      return bit(OrderStatus::kCancelled) | bit(OrderStatus::kDelivered) |
             bit(OrderStatus::kNeedsAttention);
    case OrderStatus::kDeliveryScheduled: return bit(OrderStatus::kDelivered);
    case OrderStatus::kNeedsAttention:
      return bit(OrderStatus::kPendingPayment) | bit(OrderStatus::kPaid) |
             bit(OrderStatus::kCancelling);
    case OrderStatus::kDelivered:
    case OrderStatus::kCancelled: return 0;
  }
  return 0;
}

bool captured(const domain::Payment& payment) {
  return payment.status != PaymentStatus::kRefused && payment.status != PaymentStatus::kVoided;
}

std::string text(OrderStatus status) { return std::string(saga::to_text(status)); }

}  // namespace

void Oracle::check(bool holds, int order, const std::string& promise) const {
  ++checks_;
  if (!holds) throw Violation(order, promise);
}

void Oracle::order_added(int order) {
  records_.resize(std::max(records_.size(), static_cast<std::size_t>(order) + 1));
  record(order).status = row(order).state.status;
}

void Oracle::account_adjusted(const Uuid& account, std::int64_t amount) {
  auto& known = accounts_.at(account);
  known.balance += amount;
  known.ledger_sequence += 1;
}

// ---- every commit -------------------------------------------------------------------------------

void Oracle::check_transition(int order, OrderStatus from, OrderStatus to) const {
  ++checks_;
  if (from == to || (followers(from) & bit(to)) != 0) return;
  throw Violation(order, "illegal transition from " + text(from) + " to " + text(to));
}

void Oracle::before_sagas(const Transaction& transaction) {
  for (const auto& stored : transaction.events) {
    Record& known = record(stored.order);
    check(stored.event.sequence == known.sequence + 1, stored.order,
          "event " + std::to_string(stored.event.sequence) + " was committed after " +
              std::to_string(known.sequence));
    ++known.sequence;
    const auto status = saga::parse_order_status(stored.event.status);
    check(status.has_value(), stored.order, "an event with an unknown status");
    check_transition(stored.order, known.status, *status);
    known.status = *status;
  }
  for (const auto& change : transaction.sagas) {
    // A refused step turns the saga round before anything is undone that history could tell.
    check_transition(change.order, record(change.order).status, change.state.status);
    record(change.order).status = change.state.status;
    check(!change.state.live() || change.state.wake_at.has_value(), change.order,
          "a live saga without a wake-up");
    check(saga::is_resting(change.state.status) || (change.state.live() && !change.state.attention),
          change.order,
          "a status that lists look for among the live ones only, and it stays at it");
  }
}

void Oracle::check_ledger(const domain::PaymentRecords& records) {
  for (const auto& posted : records.ledger()) {
    auto& account = accounts_.at(posted.account_id);
    const bool chained = posted.sequence == account.ledger_sequence + 1 &&
                         posted.balance_after == account.balance + posted.amount &&
                         posted.balance_after >= 0;
    check(chained, -1, "a ledger row does not follow the one before");
    account.balance = posted.balance_after;
    account.ledger_sequence = posted.sequence;
  }
}

void Oracle::payment_written(const domain::Payment& payment) {
  const int order = number_of(payment.order_id);
  Record& known = record(order);
  const std::int64_t kept =
      captured(payment) ? payment.amount.amount - payment.undone_amount - payment.refunded_amount
                        : 0;
  check(kept >= 0, order, "more was given back than was captured");
  auto& before = known.kept[payment.id];
  known.unreturned_captures += (kept > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  known.captures += before == 0 && kept > 0 ? 1 : 0;
  before = kept;
  check(known.unreturned_captures <= 1, order, "captured twice");
  check(payment.undone_amount == 0 || !known.delivery_stands, order,
        "the payment was undone while the delivery stands");
}

void Oracle::after_payments(const domain::PaymentRecords& records) {
  check_ledger(records);
  for (const auto* payment : records.payments().new_rows()) payment_written(*payment);
  for (const auto* payment : records.payments().changed_rows()) payment_written(*payment);
}

void Oracle::delivery_written(const domain::Delivery& delivery, bool fresh) {
  const int order = number_of(delivery.order_id.uuid);
  Record& known = record(order);
  const bool stands = delivery.status == DeliveryStatus::kScheduled ||
                      delivery.status == DeliveryStatus::kDelivered;
  if (stands && fresh) {
    check(known.unreturned_captures == 1, order, "a delivery without a captured payment");
    check(!known.delivery_stands, order, "delivered twice");
  }
  check(!stands || fresh || known.delivery_stands, order, "a cancelled delivery came back");
  known.delivery_stands = stands;
}

void Oracle::after_deliveries(const domain::DeliveryRecords& records) {
  for (const auto* delivery : records.new_rows()) delivery_written(*delivery, true);
  for (const auto* delivery : records.changed_rows()) delivery_written(*delivery, false);
}

void Oracle::request_updated(const RequestRow& request, const saga::RequestUpdate& update) {
  const std::string becomes(saga::to_text(update.state));
  check(!request.ended() || request.state == becomes, request.order,
        "a request that was " + request.state + " became " + becomes);
}

void Oracle::committed(const Transaction& transaction) {
  for (const auto& change : transaction.sagas) on_saga_commit(change.order);
}

void Oracle::duplicate_row(Role role) {
  if (context_.defect == Defect::kForgetBarrier) return;
  throw Violation(-1, role == Role::kPayments ? "a payment was inserted twice"
                                              : "a delivery was inserted twice");
}

// ---- the outside consumer -----------------------------------------------------------------------

void Oracle::event(const Message& message) {
  const auto& event = std::get<events::OrderEvent>(message.body);
  Record& known = record(message.order);
  const auto& history = database_->history(message.order);
  check(event.sequence <= known.seen + 1, message.order,
        "event " + std::to_string(event.sequence) + " was published after " +
            std::to_string(known.seen));
  const auto index = static_cast<std::size_t>(event.sequence) - 1;
  check(index < history.size() && history[index] == event.type, message.order,
        "event " + std::to_string(event.sequence) + " " + event.type + " was never committed");
  known.seen = std::max(known.seen, event.sequence);
  if (context_.trace.wants(message.order)) {
    context_.trace.add(context_.now(), "outside", "sees " + describe(message));
  }
}

// ---- the ends -----------------------------------------------------------------------------------

bool Oracle::poor(const Uuid& account) const {
  return std::find(poor_.begin(), poor_.end(), account) != poor_.end();
}

std::vector<Oracle::Asked> Oracle::asked_of_all() const {
  std::vector<Asked> all(records_.size());
  for (const RequestRow& one : database_->requests()) {
    Asked& asked = all[static_cast<std::size_t>(one.order)];
    const auto& kind = one.request.kind;
    const auto* set = std::get_if<saga::SetStatus>(&kind);
    const bool pays = std::holds_alternative<saga::Pay>(kind);
    const bool cancels = std::holds_alternative<saga::Cancel>(kind) ||
                         (set != nullptr && set->target == saga::OrderStatus::kCancelled);
    asked.to_cancel = asked.to_cancel || cancels;
    asked.to_confirm = asked.to_confirm || std::holds_alternative<saga::Confirm>(kind) || pays ||
                       (set != nullptr && set->target == saga::OrderStatus::kPendingPayment);
    asked.cancel_done = asked.cancel_done || (cancels && one.state == "done");
    asked.too_late = asked.too_late || (cancels && one.code == "too_late");
    asked.payment_done = asked.payment_done || (pays && one.state == "done");
    asked.retry_done =
        asked.retry_done || (std::holds_alternative<saga::Retry>(kind) && one.state == "done");
    asked.unanswered += one.ended() ? 0 : 1;
  }
  return all;
}

// Which ends the script and the requests allow. Nothing here knows how decide() works.
bool Oracle::possible(int order, const Asked& asked) const {
  const Script& planned = script(order);
  unsigned ends = asked.to_cancel ? bit(OrderStatus::kCancelled) : 0;
  if (planned.draft && !asked.to_confirm) {
    if (!asked.to_cancel) ends = bit(OrderStatus::kDraft);
    return (ends & bit(row(order).state.status)) != 0;
  }
  const bool short_of_money = poor(row(order).facts.user_id.uuid);
  if (planned.payment_broken) {
    ends |= bit(OrderStatus::kNeedsAttention);
  } else {
    if (planned.payment_refused > 0 || short_of_money) ends |= bit(OrderStatus::kPaymentFailed);
    const bool may_pay = planned.payment_refused < 1;
    if (may_pay && planned.delivery_broken) ends |= bit(OrderStatus::kNeedsAttention);
    if (may_pay && !planned.delivery_broken) {
      if (planned.delivery_refused > 0) ends |= bit(OrderStatus::kCancelled);
      if (planned.delivery_refused < 1) ends |= bit(OrderStatus::kDelivered);
    }
  }
  return (ends & bit(row(order).state.status)) != 0;
}

void Oracle::check_liveness() const {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const int order = static_cast<int>(i);
    const auto& state = row(order).state;
    const bool broken = script(order).payment_broken || script(order).delivery_broken;
    check(!state.live() || broken, order,
          "still " + text(state.status) + " long after the last fault: step " +
              std::to_string(state.step) + ", " + std::string(to_text(state.waiting_for)));
    check_publication(order);
  }
  for (const RequestRow& one : database_->requests()) {
    const bool broken = script(one.order).payment_broken || script(one.order).delivery_broken;
    check(one.ended() || broken, one.order,
          "request " + std::string(saga::name_of(one.request.kind)) + " was not answered");
  }
}

void Oracle::check_publication(int order) const {
  const Record& known = records_[static_cast<std::size_t>(order)];
  check(known.seen == known.sequence && known.sequence == row(order).state.event_sequence, order,
        std::to_string(known.sequence) + " events happened, " + std::to_string(known.seen) +
            " were published");
}

void Oracle::check_answers(int order, const Asked& asked) const {
  const auto status = row(order).state.status;
  check(asked.unanswered == 0 || status == OrderStatus::kNeedsAttention, order,
        "a request was not answered");
  check(!asked.cancel_done || status == OrderStatus::kCancelled, order,
        "a cancel was reported as done, the order is " + text(status));
  check(!asked.too_late || status == OrderStatus::kDelivered, order,
        "a cancel was told it comes too late, the order is " + text(status));
  // A retry of an undo that waited for a person asks for no payment.
  const bool paid = asked.payment_done || (asked.retry_done && !asked.to_cancel);
  check(!paid || records_[static_cast<std::size_t>(order)].captures > 0, order,
        "a payment was reported as done that never happened");
}

// Captured minus undone is what was delivered; refunds are what was reported.
void Oracle::check_money(int order) const {
  const auto& known = records_[static_cast<std::size_t>(order)];
  const auto& state = row(order).state;
  std::int64_t sold = 0;
  std::int64_t refunded = 0;
  for (const auto& [id, kept] : known.kept) {
    const auto& payment = database_->payments().payments().at(id);
    if (captured(payment)) sold += payment.amount.amount - payment.undone_amount;
    refunded += payment.refunded_amount;
  }
  const bool delivered = state.status == OrderStatus::kDelivered;
  if (state.status != OrderStatus::kNeedsAttention) {
    check(sold == (delivered ? row(order).facts.total.amount : 0), order,
          "the money kept is not the value delivered");
    check(known.delivery_stands == delivered, order, "the goods are elsewhere than the order says");
  }
  check(refunded == state.refunded_amount, order, "refunds differ from what was reported");
}

void Oracle::check_ends() const {
  const auto asked = asked_of_all();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const int order = static_cast<int>(i);
    check(possible(order, asked[i]), order,
          "it ended " + text(row(order).state.status) + ", which nothing accounts for");
    check_answers(order, asked[i]);
    check_money(order);
    check_publication(order);
  }
  for (const auto& [id, delivery] : database_->deliveries().rows()) {
    const int order = number_of(delivery.order_id.uuid);
    const bool broken = script(order).delivery_broken;
    check(!delivery.live || broken, order, "a delivery's report was never acknowledged");
  }
  for (const auto& [id, account] : accounts_) {
    check(database_->payments().accounts().at(id).balance == account.balance, -1,
          "a balance is not the sum of its ledger");
  }
}

}  // namespace orderflow::simulation
