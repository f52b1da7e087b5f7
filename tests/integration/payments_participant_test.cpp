#include <catch2/catch_test_macros.hpp>

#include "consumers/participants/ledger_check.hpp"
#include "consumers/participants/payments_handler.hpp"
#include "tests/integration/participant_messages.hpp"

// The payments role against PostgreSQL, without an owner loop: what its batches read and write.
// Promise 2.
namespace orderflow::testing {
namespace {

using consumers::PaymentsHandler;
using core::KafkaMessage;
using core::OutgoingMessage;
using core::Uuid;
using std::chrono::seconds;

OutgoingMessage garbage(const std::string& key) {
  OutgoingMessage message{kCommandsTopic, key, "not JSON", {}};
  message.headers.add("ce_type", events::CapturePayment::kType);
  return message;
}

struct Payments {
  MigratedDatabase database;
  MessageMill mill{kCommandsTopic};
  core::Logger logger{"payments", core::LogLevel::kError};
  core::Metrics metrics{"test"};
  PaymentsHandler handler{"orders.inbox", domain::Simulation({1, 0, 0, 0, true}), logger, metrics};
  HandlerDriver driver{handler, database.url(), "orderflow_payments"};

  Uuid new_account(std::int64_t opening) {
    const Uuid id = core::new_uuid_v7();
    database.sql().execute(
        "INSERT INTO payments.accounts (id, shard, currency, opening, balance) VALUES ('" +
        id.to_string() + "', " + std::to_string(core::shard_of(id)) + ", 'USD', " +
        std::to_string(opening) + ", " + std::to_string(opening) + ")");
    return id;
  }
  [[nodiscard]] std::int64_t balance(const Uuid& account) const {
    return database.sql().number("SELECT balance FROM payments.accounts WHERE id = '" +
                                 account.to_string() + "'");
  }
  [[nodiscard]] std::int64_t imbalance() {
    core::PgSession session(core::DatabaseUrl(database.url()), {.role = "orderflow_payments"});
    consumers::LedgerCheck check(session, logger, metrics, {2, 4, 10});
    // Two rows of each account a chunk: as many chunks as the longest ledger here needs.
    for (int round = 0; round < 600; ++round) (void)check.check_chunk();
    return check.imbalance();
  }
};

OutgoingMessage capture(const Uuid& command, const Uuid& account, std::int64_t amount,
                        int attempt = 1) {
  const events::PaymentCommand message = events::CapturePayment{
      command, core::derived_uuid(command, "order"), account, {amount, "USD"}};
  return events::encode(message, to_key(account, attempt));
}
OutgoingMessage undo(const Uuid& command, const Uuid& account, std::int64_t amount) {
  const events::PaymentCommand message =
      events::UndoCapture{command, core::derived_uuid(command, "order"), account, {amount, "USD"}};
  return events::encode(message, to_key(account));
}
OutgoingMessage refund(const Uuid& command, const Uuid& payment, const Uuid& account,
                       std::int64_t amount) {
  const events::PaymentCommand message = events::RefundPayment{
      command, command, core::derived_uuid(payment, "order"), payment, account, {amount, "USD"}};
  return events::encode(message, to_key(account));
}
TEST_CASE("payments: a batch is decided in order, stored, and answered to the orders' owners") {
  Payments it;
  const Uuid alice = it.new_account(50'000);
  const Uuid first = core::new_uuid_v7();
  const Uuid second = core::new_uuid_v7();
  const auto replies =
      it.driver.run(it.mill.pass({capture(first, alice, 29'999), capture(second, alice, 20'002)}));
  REQUIRE(replies.size() == 2);
  const auto answers = bodies(replies);
  CHECK(answers[0].at("outcome") == "done");
  CHECK(answers[0].at("data").at("payment_id") == first.to_string());
  CHECK(answers[1].at("outcome") == "refused");
  CHECK(answers[1].at("code") == "insufficient_funds");
  CHECK(it.balance(alice) == 20'001);
  CHECK(replies[0].message.topic == "orders.inbox");
  CHECK(replies[0].message.key == core::derived_uuid(first, "order").to_string());
  CHECK(replies[0].batch_no == 1);
  CHECK(header(replies[0].message, "ce_source") == "/orderflow/payments");
  CHECK(header(replies[0].message, "correlation_id") == "test-1");

  const auto again = bodies(it.driver.run(
      it.mill.pass({capture(first, alice, 29'999, 2), capture(second, alice, 20'002, 2)})));
  CHECK(again == answers);
  CHECK(it.balance(alice) == 20'001);

  const Uuid refund_id = core::new_uuid_v7();
  const auto back = bodies(
      it.driver.run(it.mill.pass({refund(refund_id, first, alice, 9'999),
                                  undo(first, alice, 29'999), undo(second, alice, 20'002)})));
  CHECK(back[0].at("data").at("refund_id") == refund_id.to_string());
  CHECK(back[1].at("data").at("amount").at("amount") == 20'000);
  CHECK(back[2].at("data").at("amount").at("amount") == 0);
  CHECK(it.balance(alice) == 50'000);
  CHECK(it.imbalance() == 0);
  CHECK(it.database.sql().number("SELECT count(*) FROM payments.ledger") == 3);
}

TEST_CASE("payments: an account that moved in between makes the batch repeat") {
  Payments it;
  const Uuid alice = it.new_account(100);
  const Uuid payment = core::new_uuid_v7();
  const auto messages = it.mill.pass({capture(payment, alice, 500)});
  const auto stale = it.mill.pass({capture(core::new_uuid_v7(), alice, 60)});
  const auto draft = it.driver.prepare(stale);
  // The API tops the balance up while the batch is being prepared.
  it.database.sql().execute(
      "WITH a AS (UPDATE payments.accounts SET balance = balance + 900, ledger_sequence = "
      "ledger_sequence + 1 RETURNING id, shard, ledger_sequence, balance) INSERT INTO "
      "payments.ledger (account_id, shard, sequence, kind, reference, amount, balance_after) "
      "SELECT id, shard, ledger_sequence, 'adjustment', gen_random_uuid(), 900, balance FROM a");
  CHECK_THROWS_AS(it.driver.commit(draft), core::Conflict);
  it.handler.discarded();
  CHECK(it.balance(alice) == 1'000);
  CHECK(it.database.sql().number("SELECT count(*) FROM payments.payments") == 0);
  CHECK(bodies(it.driver.run(stale)).at(0).at("outcome") == "done");
  CHECK(bodies(it.driver.run(messages)).at(0).at("outcome") == "done");
  CHECK(it.balance(alice) == 440);
  CHECK(it.imbalance() == 0);
}

TEST_CASE("payments: what cannot be processed harms no neighbour") {
  Payments it;
  const Uuid alice = it.new_account(1'000);
  const Uuid payment = core::new_uuid_v7();
  auto messages = it.mill.pass({garbage(alice.to_string()), capture(payment, alice, 300)});
  const auto replies = bodies(it.driver.run(messages));
  REQUIRE(it.driver.dead_letters.size() == 1);
  CHECK(it.driver.dead_letters[0].reason.find("not JSON") != std::string::npos);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].at("outcome") == "done");

  // The same command id under another order is a contradiction: a dead letter, no effect.
  const events::PaymentCommand stolen =
      events::CapturePayment{payment, core::new_uuid_v7(), alice, {300, "USD"}};
  CHECK(it.driver.run(it.mill.pass({events::encode(stolen, to_key(alice))})).empty());
  CHECK(it.driver.dead_letters.size() == 1);
  CHECK(it.balance(alice) == 700);
}

TEST_CASE("payments: a message in the wrong partition is ignored and counted") {
  Payments it;
  const Uuid alice = it.new_account(1'000);
  const auto messages = it.mill.pass({capture(core::new_uuid_v7(), alice, 1)});
  std::vector<const KafkaMessage*> batch{&messages[0]};
  // As many partitions as shards: nearly every key belongs elsewhere.
  const std::int32_t many = core::kShardCount;
  if (core::shard_of(messages[0].key()) == messages[0].partition()) return;
  const auto draft = it.handler.prepare(
      {batch, true, it.driver.now, it.driver.grants(), it.driver.stuck, it.driver.ages, many},
      it.driver.session());
  CHECK(draft.calls.empty());
  CHECK(draft.dead_letters.empty());
  CHECK(it.metrics.counter("misplaced_messages_total", "", {{"role", "payments"}}).Value() == 1);
  it.handler.discarded();
}

TEST_CASE("payments: simulated silence has no effect, a lost reply has one") {
  Payments it;
  const Uuid alice = it.new_account(100'000);
  const Uuid silent = core::new_uuid_v7();
  const Uuid failing = core::new_uuid_v7();
  const Uuid lost = core::new_uuid_v7();
  const auto first = bodies(
      it.driver.run(it.mill.pass({capture(silent, alice, 1'052), capture(failing, alice, 1'053),
                                  capture(lost, alice, 1'054)})));
  REQUIRE(first.size() == 1);
  CHECK(first[0].at("outcome") == "failed");
  CHECK(it.balance(alice) == 100'000 - 1'054);
  const auto outgoing = it.driver.run(
      it.mill.pass({capture(silent, alice, 1'052, 2), capture(failing, alice, 1'053, 2),
                    capture(lost, alice, 1'054, 2)}));
  const auto second = bodies(outgoing);
  REQUIRE(second.size() == 3);
  for (const auto& one : outgoing) CHECK(header(one.message, "attempt") == "2");
  for (const auto& reply : second) CHECK(reply.at("outcome") == "done");
  CHECK(it.balance(alice) == 100'000 - 1'052 - 1'053 - 1'054);
}

TEST_CASE("payments: a thousand captures of a few accounts are one transaction") {
  Payments it;
  std::vector<Uuid> accounts;
  for (int i = 0; i < 5; ++i) accounts.push_back(it.new_account(1'000'000));
  std::vector<OutgoingMessage> commands;
  for (int i = 0; i < 1'000; ++i) {
    commands.push_back(
        capture(core::new_uuid_v7(), accounts[static_cast<std::size_t>(i % 5)], 100));
  }
  const auto messages = it.mill.pass(commands);
  const auto draft = it.driver.prepare(messages);
  CHECK(draft.calls.size() == 3);
  CHECK(it.driver.commit(draft).size() == 1'000);
  for (const auto& account : accounts) CHECK(it.balance(account) == 1'000'000 - 200 * 100);
  CHECK(it.imbalance() == 0);
}

TEST_CASE("the ledger check sees a balance that was tampered with, and its mending") {
  Payments it;
  const Uuid alice = it.new_account(1'000);
  (void)it.new_account(500);
  (void)it.driver.run(it.mill.pass({capture(core::new_uuid_v7(), alice, 100)}));
  core::PgSession session(core::DatabaseUrl(it.database.url()), {.role = "orderflow_payments"});
  consumers::LedgerCheck check(session, it.logger, it.metrics);
  CHECK(check.check_chunk());
  CHECK(check.imbalance() == 0);
  const auto sql = it.database.sql();
  sql.execute("UPDATE payments.accounts SET balance = balance + 7 WHERE opening = 1000");
  (void)check.check_chunk();
  CHECK(check.imbalance() == 7);
  sql.execute("UPDATE payments.accounts SET balance = balance - 7 WHERE opening = 1000");
  (void)check.check_chunk();
  CHECK(check.imbalance() == 0);
  sql.execute("UPDATE payments.ledger SET sequence = 2");
  consumers::LedgerCheck fresh(session, it.logger, it.metrics);
  (void)fresh.check_chunk();
  CHECK(fresh.imbalance() >= 1);
}

TEST_CASE("the ledger check follows a long history to its end before it goes on") {
  Payments it;
  const Uuid alice = it.new_account(100'000);
  for (int i = 0; i < 10; ++i) (void)it.new_account(500);
  std::vector<OutgoingMessage> captures;
  for (int i = 0; i < 40; ++i) captures.push_back(capture(core::new_uuid_v7(), alice, 100));
  (void)it.driver.run(it.mill.pass(captures));
  it.database.sql().execute("UPDATE payments.accounts SET balance = balance + 7 WHERE id = '" +
                            alice.to_string() + "'");
  core::PgSession session(core::DatabaseUrl(it.database.url()), {.role = "orderflow_payments"});
  // One account is remembered, so that others would make it forgotten.
  consumers::LedgerCheck check(session, it.logger, it.metrics, {2, 8, 1});
  int chunks = 1;
  while (!check.check_chunk()) ++chunks;
  CHECK(check.imbalance() == 7);
  // Six pages of accounts, of which the one with alice takes more chunks: 4 rows, then 8 each.
  CHECK(chunks <= 6 + 6);
}

}  // namespace
}  // namespace orderflow::testing
