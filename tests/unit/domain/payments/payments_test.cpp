#include "domain/payments/payments.hpp"

#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "tests/unit/domain/participant_values.hpp"

// Promise 2: each command has at most one effect, and money is conserved.
namespace orderflow::domain {
namespace {

using events::CapturePayment;
using events::RefundPayment;
using events::ReplyOutcome;
using events::UndoCapture;

const Uuid kAlice = id(2, 1);
const Uuid kPayment = id(3, 1);
const PaymentContext kContext{kNow, false, "test"};

PaymentRecords records_with(std::int64_t balance) {
  PaymentRecords records;
  records.add(Account{kAlice, "USD", balance, 7});
  return records;
}

CapturePayment capture(std::int64_t amount, const Uuid& command = kPayment) {
  return {command, kOrder, kAlice, {amount, "USD"}};
}
UndoCapture undo(std::int64_t amount, const Uuid& command = kPayment) {
  return {command, kOrder, kAlice, {amount, "USD"}};
}
RefundPayment refund(std::int64_t amount, std::uint8_t number = 1) {
  return {id(4, number), id(5, number), kOrder, kPayment, kAlice, {amount, "USD"}};
}

PaymentVerdict run(PaymentRecords& records, const events::PaymentCommand& command,
                   const PaymentContext& context = kContext) {
  const auto verdict = handle(records, command, context);
  REQUIRE(verdict.has_value());
  return *verdict;
}

nlohmann::json amount_of(const events::Reply& reply) {
  return data_of(reply).at("amount").at("amount");
}

TEST_CASE("a capture debits the account once and writes one ledger row") {
  auto records = records_with(50'000);
  const auto verdict = run(records, capture(29'999));
  CHECK(verdict.reply.outcome == ReplyOutcome::kDone);
  CHECK(verdict.reply.phase == events::Phase::kDo);
  CHECK(data_of(verdict.reply).at("payment_id") == kPayment.to_string());
  CHECK(amount_of(verdict.reply) == 29'999);
  REQUIRE(records.ledger().size() == 1);
  CHECK(records.ledger()[0].amount == -29'999);
  CHECK(records.ledger()[0].balance_after == 20'001);
  CHECK(records.ledger()[0].sequence == 8);
  REQUIRE(records.changed_accounts().size() == 1);
  CHECK(records.changed_accounts()[0].expected_sequence == 7);
  CHECK(records.account(kAlice)->balance == 20'001);
}

TEST_CASE("a repeated command gets the stored reply and changes nothing") {
  auto records = records_with(50'000);
  const auto first = run(records, capture(100));
  const auto again = run(records, capture(100));
  CHECK(again.repeated);
  CHECK(same(first.reply, again.reply));
  CHECK(records.ledger().size() == 1);

  SECTION("also in a later batch, from the row alone") {
    PaymentRecords later = records_with(0);
    later.add(*records.payment(kPayment));
    CHECK(same(run(later, capture(100)).reply, first.reply));
    CHECK(later.changed_accounts().empty());
    CHECK(later.payments().new_rows().empty());
    CHECK(later.payments().changed_rows().empty());
  }
  SECTION("also when the payment was undone meanwhile") {
    (void)run(records, undo(100));
    CHECK(same(run(records, capture(100)).reply, first.reply));
    CHECK(records.account(kAlice)->balance == 50'000);
  }
}

TEST_CASE("several debits of one account are decided in sequence") {
  auto records = records_with(1'000);
  CHECK(run(records, capture(600, id(3, 1))).reply.outcome == ReplyOutcome::kDone);
  CHECK(run(records, capture(600, id(3, 2))).reply.code == "insufficient_funds");
  CHECK(run(records, capture(400, id(3, 3))).reply.outcome == ReplyOutcome::kDone);
  CHECK(records.account(kAlice)->balance == 0);
  CHECK(records.ledger().size() == 2);
  CHECK(records.ledger()[1].sequence == 9);
}

// Two owners that wait for each other's accounts would be a deadlock.
TEST_CASE("accounts are locked in the order of their ids") {
  PaymentRecords records;
  for (const std::uint8_t number : {3, 1, 2}) {
    records.add(Account{id(2, number), "USD", 1'000, 0});
    (void)run(records, CapturePayment{id(3, number), kOrder, id(2, number), {1, "USD"}});
  }
  const auto changes = records.changed_accounts();
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].account->id < changes[1].account->id);
  CHECK(changes[1].account->id < changes[2].account->id);
}

TEST_CASE("business refusals are stored and stay") {
  struct Case {
    const char* code;
    CapturePayment command;
    bool declined;
  };
  const Case cases[] = {
      {"insufficient_funds", capture(1'001), false},
      {"unknown_account", {kPayment, kOrder, id(2, 9), {1, "USD"}}, false},
      {"currency_mismatch", {kPayment, kOrder, kAlice, {1, "EUR"}}, false},
      {"card_declined", capture(1'000), true},
  };
  for (const auto& one : cases) {
    INFO(one.code);
    auto records = records_with(1'000);
    const auto verdict = run(records, one.command, {kNow, one.declined, "test"});
    CHECK(verdict.reply.outcome == ReplyOutcome::kRefused);
    CHECK(verdict.reply.code == one.code);
    CHECK(records.ledger().empty());
    REQUIRE(records.payments().new_rows().size() == 1);
    CHECK(records.payments().new_rows()[0]->status == PaymentStatus::kRefused);
    // Money that comes in later does not change an answer that was given.
    PaymentRecords later = records_with(1'000'000);
    later.add(*records.payment(kPayment));
    CHECK(same(run(later, one.command).reply, verdict.reply));
    // Its undo succeeds with nothing to give back.
    const auto undone =
        run(later, UndoCapture{kPayment, kOrder, one.command.account_id, one.command.amount});
    CHECK(undone.reply.outcome == ReplyOutcome::kDone);
    CHECK(amount_of(undone.reply) == 0);
    CHECK(data_of(undone.reply).at("voided") == true);
    CHECK(later.payment(kPayment)->undone_at == kNow);
    CHECK(later.payment(kPayment)->status == PaymentStatus::kRefused);
    CHECK(later.ledger().empty());
  }
}

TEST_CASE("an undo that overtakes its action voids it (payment)") {
  auto records = records_with(1'000);
  const auto undone = run(records, undo(500));
  CHECK(undone.reply.outcome == ReplyOutcome::kDone);
  CHECK(undone.reply.phase == events::Phase::kUndo);
  CHECK(amount_of(undone.reply) == 0);
  CHECK(data_of(undone.reply).at("voided") == true);
  const auto late = run(records, capture(500));
  CHECK(late.reply.outcome == ReplyOutcome::kRefused);
  CHECK(late.reply.code == "voided");
  CHECK(records.account(kAlice)->balance == 1'000);
  CHECK(same(run(records, undo(500)).reply, undone.reply));
}

TEST_CASE("an undo gives the captured money back once") {
  auto records = records_with(1'000);
  (void)run(records, capture(600));
  const auto first = run(records, undo(600));
  CHECK(first.reply.outcome == ReplyOutcome::kDone);
  CHECK(amount_of(first.reply) == 600);
  CHECK(data_of(first.reply).at("voided") == false);
  const auto again = run(records, undo(600));
  CHECK(again.repeated);
  CHECK(same(first.reply, again.reply));
  CHECK(records.account(kAlice)->balance == 1'000);
  CHECK(records.payment(kPayment)->status == PaymentStatus::kRefunded);
  CHECK(records.payment(kPayment)->undone_at == kNow);
}

TEST_CASE("an undo returns what is not refunded yet, and nothing left is success") {
  for (const std::int64_t refunded : {200, 600}) {
    auto records = records_with(1'000);
    (void)run(records, capture(600));
    (void)run(records, refund(refunded));
    const auto undone = run(records, undo(600));
    CHECK(undone.reply.outcome == ReplyOutcome::kDone);
    CHECK(amount_of(undone.reply) == 600 - refunded);
    CHECK(records.account(kAlice)->balance == 1'000);
  }
}

TEST_CASE("refunds never exceed what was captured") {
  auto records = records_with(1'000);
  (void)run(records, capture(600));
  const auto part = run(records, refund(250, 1));
  CHECK(part.reply.outcome == ReplyOutcome::kDone);
  CHECK(records.payment(kPayment)->status == PaymentStatus::kPartlyRefunded);
  CHECK(run(records, refund(351, 2)).reply.code == "exceeds_captured");
  CHECK(run(records, refund(350, 3)).reply.outcome == ReplyOutcome::kDone);
  CHECK(records.payment(kPayment)->status == PaymentStatus::kRefunded);
  CHECK(run(records, refund(1, 4)).reply.code == "exceeds_captured");
  CHECK(records.account(kAlice)->balance == 1'000);

  const auto again = run(records, refund(250, 1));
  CHECK(again.repeated);
  CHECK(same(again.reply, part.reply));
  // A refusal stays one, though by now there might be room.
  CHECK(run(records, refund(351, 2)).repeated);
  CHECK(records.refunds().new_rows().size() == 4);
}

TEST_CASE("a refund needs a captured payment of that order, account and currency") {
  auto records = records_with(1'000);
  CHECK(run(records, refund(1, 1)).reply.code == "not_captured");
  (void)run(records, capture(2'000));
  CHECK(run(records, refund(1, 2)).reply.code == "not_captured");

  auto paid = records_with(1'000);
  (void)run(paid, capture(500));
  auto other_order = refund(1, 3);
  other_order.order_id = id(1, 9);
  CHECK(run(paid, other_order).reply.code == "not_captured");
  auto other_currency = refund(1, 4);
  other_currency.amount.currency = "EUR";
  CHECK(run(paid, other_currency).reply.code == "currency_mismatch");
  (void)run(paid, undo(500));
  CHECK(run(paid, refund(1, 5)).reply.code == "exceeds_captured");
}

TEST_CASE("an order that costs nothing is captured and undone without ledger rows") {
  auto records = records_with(0);
  CHECK(run(records, capture(0)).reply.outcome == ReplyOutcome::kDone);
  CHECK(run(records, undo(0)).reply.outcome == ReplyOutcome::kDone);
  CHECK(records.ledger().empty());
  CHECK(records.changed_accounts().empty());
  CHECK(records.payment(kPayment)->status == PaymentStatus::kRefunded);
}

TEST_CASE("a balance never overflows") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  PaymentRecords records;
  records.add(Account{kAlice, "USD", kMost, 0});
  CHECK(run(records, capture(kMost)).reply.outcome == ReplyOutcome::kDone);
  PaymentRecords full;
  full.add(Account{kAlice, "USD", kMost, 1});
  full.add(*records.payment(kPayment));
  CHECK(run(full, refund(1)).reply.code == "account_full");
  // An undo is owed, so it is not refused for good: it fails until someone mends the account.
  CHECK(run(full, undo(kMost)).reply.outcome == ReplyOutcome::kFailed);
  CHECK_FALSE(full.payment(kPayment)->undone_at.has_value());
  CHECK(full.payments().changed_rows().empty());
}

TEST_CASE("a command that contradicts its stored row is an error, not an effect") {
  auto records = records_with(1'000);
  (void)run(records, capture(100));
  auto stranger = capture(100);
  stranger.order_id = id(1, 9);
  CHECK(handle(records, stranger, kContext).error().code == "contradiction");
  auto thief = undo(100);
  thief.account_id = id(2, 9);
  CHECK(handle(records, thief, kContext).error().code == "contradiction");
  CHECK(handle(records, capture(-5, id(3, 9)), kContext).error().code == "contradiction");
  CHECK(records.account(kAlice)->balance == 900);
}

TEST_CASE("a technical failure names the command and its phase") {
  CHECK(technical_failure(capture(1), "why").outcome == ReplyOutcome::kFailed);
  CHECK(technical_failure(undo(1), "why").phase == events::Phase::kUndo);
  CHECK(technical_failure(refund(1), "why").phase == events::Phase::kDo);
}

}  // namespace
}  // namespace orderflow::domain
