#include "domain/payments/payments.hpp"

#include <array>
#include <utility>

#include "core/json/text.hpp"

namespace orderflow::domain {
namespace {

using core::JsonObject;
using events::Phase;
using events::Reply;
using events::ReplyOutcome;

constexpr std::array<std::pair<PaymentStatus, const char*>, 5> kPaymentStatusNames{{
    {PaymentStatus::kCaptured, "CAPTURED"},
    {PaymentStatus::kRefused, "REFUSED"},
    {PaymentStatus::kVoided, "VOIDED"},
    {PaymentStatus::kRefunded, "REFUNDED"},
    {PaymentStatus::kPartlyRefunded, "PARTLY_REFUNDED"},
}};

constexpr const char* kAccountFull = "account_full";
constexpr const char* kVoidedDetail = "the payment was undone before its capture arrived";

std::int64_t unreturned(const Payment& payment) {
  if (!was_captured(payment.status)) return 0;
  return payment.amount.amount - payment.undone_amount - payment.refunded_amount;
}

Reply capture_reply(const Payment& payment) {
  Reply reply{payment.id, payment.order_id, Phase::kDo};
  reply.data = JsonObject().field("amount", payment.amount).field("payment_id", payment.id).text();
  if (!was_captured(payment.status)) {
    reply.outcome = ReplyOutcome::kRefused;
    reply.code = payment.code;
    reply.detail = payment.detail;
  }
  return reply;
}

Reply undo_reply(const Payment& payment) {
  Reply reply{payment.id, payment.order_id, Phase::kUndo};
  reply.data = JsonObject()
                   .field("amount", Money{payment.undone_amount, payment.amount.currency})
                   .field("payment_id", payment.id)
                   .field("voided", payment.undone_amount == 0)
                   .text();
  return reply;
}

Reply refund_reply(const Refund& refund, const std::string& currency) {
  Reply reply{refund.id, refund.order_id, Phase::kDo};
  reply.data = JsonObject()
                   .field("amount", Money{refund.amount, currency})
                   .field("payment_id", refund.payment_id)
                   .field("refund_id", refund.id)
                   .text();
  if (!refund.done) {
    reply.outcome = ReplyOutcome::kRefused;
    reply.code = refund.code;
    reply.detail = refund.detail;
  }
  return reply;
}

core::Result<PaymentVerdict> contradiction(const std::string& what) {
  return core::fail("contradiction", "the command names another order or account than " + what,
                    "look for a producer that reuses command ids");
}

Payment new_payment(const Uuid& id, const Uuid& order, const Uuid& account, const Money& amount,
                    const PaymentContext& context) {
  Payment payment;
  payment.id = id;
  payment.order_id = order;
  payment.account_id = account;
  payment.amount = amount;
  payment.correlation_id = context.correlation_id;
  return payment;
}

struct Refusal {
  const char* code;
  std::string detail;
};

std::optional<Refusal> refusal_of(const Account* account, const events::CapturePayment& command,
                                  const PaymentContext& context) {
  if (account == nullptr) return Refusal{"unknown_account", "there is no such account"};
  if (account->currency != command.amount.currency) {
    return Refusal{"currency_mismatch", "the account is kept in " + account->currency +
                                            ", the payment is in " + command.amount.currency};
  }
  if (command.amount.amount > account->balance) {
    return Refusal{"insufficient_funds", "the balance does not cover " +
                                             std::to_string(command.amount.amount) + " " +
                                             command.amount.currency + " (minor units)"};
  }
  if (context.declined) return Refusal{"card_declined", "the card network declined the payment"};
  return std::nullopt;
}

core::Result<PaymentVerdict> handle_one(PaymentRecords& records,
                                        const events::CapturePayment& command,
                                        const PaymentContext& context) {
  if (const Payment* stored = records.payment(command.command_id)) {
    if (stored->order_id != command.order_id || stored->account_id != command.account_id) {
      return contradiction("the stored payment");
    }
    return PaymentVerdict{capture_reply(*stored), true};
  }
  Payment payment = new_payment(command.command_id, command.order_id, command.account_id,
                                command.amount, context);
  if (auto refusal = refusal_of(records.account(command.account_id), command, context)) {
    payment.status = PaymentStatus::kRefused;
    payment.code = refusal->code;
    payment.detail = std::move(refusal->detail);
  } else if (!records.post(command.account_id, LedgerKind::kCapture, command.command_id,
                           -command.amount.amount)) {
    return core::fail("contradiction", "the account cannot be debited by that amount");
  }
  PaymentVerdict verdict{capture_reply(payment), false, "captured"};
  records.insert(std::move(payment));
  return verdict;
}

core::Result<PaymentVerdict> handle_one(PaymentRecords& records, const events::UndoCapture& command,
                                        const PaymentContext& context) {
  const Payment* stored = records.payment(command.command_id);
  if (stored == nullptr) {
    Payment payment = new_payment(command.command_id, command.order_id, command.account_id,
                                  command.amount, context);
    payment.status = PaymentStatus::kVoided;
    payment.code = "voided";
    payment.detail = kVoidedDetail;
    payment.undone_at = context.now;
    PaymentVerdict verdict{undo_reply(payment), false, "voided"};
    records.insert(std::move(payment));
    return verdict;
  }
  if (stored->order_id != command.order_id || stored->account_id != command.account_id) {
    return contradiction("the stored payment");
  }
  if (stored->undone_at) return PaymentVerdict{undo_reply(*stored), true};
  const std::int64_t amount = unreturned(*stored);
  if (!records.post(stored->account_id, LedgerKind::kUndo, stored->id, amount)) {
    // Not final: a person mends the account, a later attempt succeeds.
    Reply reply = technical_failure(command, "the account cannot take that much money back");
    reply.code = kAccountFull;
    return PaymentVerdict{std::move(reply), false};
  }
  Payment& payment = records.change(command.command_id);
  if (was_captured(payment.status)) payment.status = PaymentStatus::kRefunded;
  payment.undone_amount += amount;
  payment.undone_at = context.now;
  return PaymentVerdict{undo_reply(payment), false, "undone"};
}

std::optional<Refusal> refusal_of(const Payment* payment, const events::RefundPayment& command) {
  if (payment == nullptr || payment->order_id != command.order_id ||
      payment->account_id != command.account_id || !was_captured(payment->status)) {
    return Refusal{"not_captured", "there is no captured payment of that id for this order"};
  }
  if (payment->amount.currency != command.amount.currency) {
    return Refusal{"currency_mismatch", "the payment was made in " + payment->amount.currency};
  }
  if (command.amount.amount > unreturned(*payment)) {
    return Refusal{"exceeds_captured", "only " + std::to_string(unreturned(*payment)) + " " +
                                           payment->amount.currency +
                                           " (minor units) can still be refunded"};
  }
  return std::nullopt;
}

core::Result<PaymentVerdict> handle_one(PaymentRecords& records,
                                        const events::RefundPayment& command,
                                        const PaymentContext&) {
  const std::string& currency = command.amount.currency;
  if (const Refund* stored = records.refund(command.command_id)) {
    if (stored->order_id != command.order_id || stored->payment_id != command.payment_id) {
      return contradiction("the stored refund");
    }
    return PaymentVerdict{refund_reply(*stored, currency), true};
  }
  Refund refund{command.command_id,
                command.payment_id,
                command.order_id,
                command.account_id,
                command.amount.amount,
                true,
                {},
                {}};
  auto refusal = refusal_of(records.payment(command.payment_id), command);
  if (!refusal && !records.post(command.account_id, LedgerKind::kRefund, command.command_id,
                                command.amount.amount)) {
    refusal = Refusal{kAccountFull, "the account cannot take that much money"};
  }
  if (refusal) {
    refund.done = false;
    refund.code = refusal->code;
    refund.detail = std::move(refusal->detail);
  } else if (refund.amount > 0) {
    Payment& payment = records.change(command.payment_id);
    payment.refunded_amount += refund.amount;
    payment.status =
        unreturned(payment) == 0 ? PaymentStatus::kRefunded : PaymentStatus::kPartlyRefunded;
  }
  PaymentVerdict verdict{refund_reply(refund, currency), false, "refunded"};
  records.insert(std::move(refund));
  return verdict;
}

}  // namespace

const char* name_of(PaymentStatus status) {
  for (const auto& [value, name] : kPaymentStatusNames) {
    if (value == status) return name;
  }
  return "REFUSED";
}

std::optional<PaymentStatus> payment_status_of(std::string_view name) {
  for (const auto& [value, known] : kPaymentStatusNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

const char* name_of(LedgerKind kind) {
  switch (kind) {
    case LedgerKind::kCapture: return "capture";
    case LedgerKind::kUndo: return "undo";
    case LedgerKind::kRefund: return "refund";
  }
  return "adjustment";
}

void PaymentRecords::add(Account account) {
  const Uuid id = account.id;
  const std::int64_t sequence = account.ledger_sequence;
  accounts_.emplace(id, Held{std::move(account), sequence});
}

const Account* PaymentRecords::account(const Uuid& id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second.account;
}

std::vector<PaymentRecords::AccountChange> PaymentRecords::changed_accounts() const {
  std::vector<AccountChange> changes;
  for (const auto& [id, held] : accounts_) {
    if (held.account.ledger_sequence == held.read_sequence) continue;
    changes.push_back({&held.account, held.read_sequence});
  }
  return changes;
}

bool PaymentRecords::post(const Uuid& account_id, LedgerKind kind, const Uuid& reference,
                          std::int64_t amount) {
  if (amount == 0) return true;
  const auto found = accounts_.find(account_id);
  if (found == accounts_.end()) return false;
  Account& account = found->second.account;
  const auto balance = core::checked_add(account.balance, amount);
  if (!balance || *balance < 0) return false;
  account.balance = *balance;
  account.ledger_sequence += 1;
  ledger_.push_back({account_id, account.ledger_sequence, kind, reference, amount, *balance});
  return true;
}

core::Result<PaymentVerdict> handle(PaymentRecords& records, const events::PaymentCommand& command,
                                    const PaymentContext& context) {
  return std::visit(
      [&](const auto& message) -> core::Result<PaymentVerdict> {
        // The decoder refuses it too; here it would turn a debit into a credit.
        if (message.amount.amount < 0) return core::fail("contradiction", "a negative amount");
        return handle_one(records, message, context);
      },
      command);
}

Reply technical_failure(const events::PaymentCommand& command, std::string detail) {
  Reply reply = std::visit(
      [](const auto& message) {
        return Reply{message.command_id, message.order_id, message.kPhase};
      },
      command);
  reply.outcome = ReplyOutcome::kFailed;
  reply.code = "unavailable";
  reply.detail = std::move(detail);
  return reply;
}

}  // namespace orderflow::domain
