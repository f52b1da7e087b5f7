#include <catch2/catch_test_macros.hpp>

#include "consumers/runtime/partition_store.hpp"
#include "core/values/failure.hpp"
#include "domain/delivery/rows.hpp"
#include "domain/payments/rows.hpp"
#include "tests/integration/participant_harness.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/tables.hpp"

// The simulator's tables against PostgreSQL: the same random calls on both, compared after each
// batch. What tests/simulation proves of the model, holds of the SQL because of this.
namespace orderflow::testing {
namespace {

using core::Uuid;
using simulation::Random;
using simulation::Written;
using std::chrono::seconds;

constexpr int kRounds = 250;

core::PgSession session_of(const MigratedDatabase& database, const std::string& role) {
  return core::PgSession(core::DatabaseUrl(database.url()),
                         {"test", role, seconds{30}, seconds{5}, true});
}

const core::Time kNow{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};

// Writes like an owner does and says what came of it.
Written write(core::PgSession& session, const std::vector<core::PgCall>& calls) {
  try {
    if (!calls.empty()) (void)session.transaction(calls);
    return Written::kYes;
  } catch (const core::Conflict&) {
    return Written::kConflict;
  } catch (const core::DataError&) {
    return Written::kDuplicate;
  }
}

// ---- payments -----------------------------------------------------------------------------------

struct PaymentPair {
  MigratedDatabase database;
  core::PgSession session = session_of(database, "orderflow_payments");
  simulation::PaymentTables model;
  Random random{20261121};
  std::vector<Uuid> accounts;
  std::vector<Uuid> commands;

  PaymentPair() {
    for (int i = 0; i < 4; ++i) {
      const domain::Account account{random.uuid(), "USD", i == 0 ? 300 : 20'000, 0};
      accounts.push_back(account.id);
      model.open_account(account);
      const auto balance = std::to_string(account.balance);
      database.sql().execute(
          "INSERT INTO payments.accounts (id, shard, currency, opening, balance) VALUES ('" +
          account.id.to_string() + "', " + std::to_string(core::shard_of(account.id)) +
          ", 'USD', " + balance + ", " + balance + ")");
    }
    for (int i = 0; i < 60; ++i) commands.push_back(random.uuid());
  }

  // Few ids, so that most commands meet a row, and now and then another's.
  events::PaymentCommand command() {
    const auto pick = random.below(commands.size());
    const Uuid id = commands[pick];
    const Uuid order = core::derived_uuid(id, random.chance(0.02) ? "other" : "order");
    const Uuid account = accounts[pick % accounts.size()];
    const core::Money amount{static_cast<std::int64_t>(1 + pick * 7), "USD"};
    switch (random.below(3)) {
      case 0: return events::CapturePayment{id, order, account, amount};
      case 1: return events::UndoCapture{id, order, account, amount};
      default:
        const auto share = static_cast<std::int64_t>(1 + random.below(pick * 7 + 1));
        return events::RefundPayment{core::derived_uuid(id, std::to_string(random.below(3))),
                                     id,
                                     order,
                                     id,
                                     account,
                                     {share, "USD"}};
    }
  }

  void adjust() {
    const Uuid account = accounts[1 + random.below(accounts.size() - 1)];
    model.adjust(account, 50);
    database.sql().execute(
        "WITH a AS (UPDATE payments.accounts SET balance = balance + 50, ledger_sequence = "
        "ledger_sequence + 1 WHERE id = '" +
        account.to_string() +
        "' RETURNING id, shard, ledger_sequence, balance) INSERT INTO payments.ledger "
        "(account_id, shard, sequence, kind, reference, amount, balance_after) SELECT id, shard, "
        "ledger_sequence, 'refund', '00000000-0000-0000-0000-000000000000', 50, balance FROM a");
  }

  [[nodiscard]] std::string rows_of_model() const;
  [[nodiscard]] std::string rows_of_database() const;
};

std::string flag(bool value) { return value ? "t" : "f"; }

std::string PaymentPair::rows_of_model() const {
  std::string text;
  for (const auto& [id, row] : model.accounts()) {
    text += id.to_string() + " " + std::to_string(row.balance) + " " +
            std::to_string(row.ledger_sequence) + "\n";
  }
  for (const auto& [id, row] : model.payments()) {
    text += id.to_string() + " " + row.order_id.to_string() + " " + row.account_id.to_string() +
            " " + std::to_string(row.amount.amount) + " " + domain::name_of(row.status) + " " +
            row.code + " " + std::to_string(row.undone_amount) + " " +
            std::to_string(row.refunded_amount) + " " + flag(row.undone_at.has_value()) + "\n";
  }
  for (const auto& [id, row] : model.refunds()) {
    text += id.to_string() + " " + row.payment_id.to_string() + " " + std::to_string(row.amount) +
            " " + (row.done ? "DONE" : "REFUSED") + " " + row.code + "\n";
  }
  auto ledger = model.ledger();
  std::sort(ledger.begin(), ledger.end(), [](const auto& a, const auto& b) {
    return std::tie(a.account_id, a.sequence) < std::tie(b.account_id, b.sequence);
  });
  for (const auto& row : ledger) {
    text += row.account_id.to_string() + " " + std::to_string(row.sequence) + " " +
            domain::name_of(row.kind) + " " + row.reference.to_string() + " " +
            std::to_string(row.amount) + " " + std::to_string(row.balance_after) + "\n";
  }
  return text;
}

std::string lines_of(const Database& database, const std::string& query) {
  std::string text;
  for (const auto& row : database.rows(query)) text += row.at(0).value_or("") + "\n";
  return text;
}

std::string PaymentPair::rows_of_database() const {
  const auto sql = database.sql();
  return lines_of(sql,
                  "SELECT concat_ws(' ', id, balance, ledger_sequence)"
                  " FROM payments.accounts ORDER BY id") +
         lines_of(sql,
                  "SELECT concat_ws(' ', id, order_id, account_id, amount, status,"
                  " coalesce(code, ''), undone_amount, refunded_amount,"
                  " undone_at IS NOT NULL) FROM payments.payments ORDER BY id") +
         lines_of(sql,
                  "SELECT concat_ws(' ', id, payment_id, amount, status, coalesce(code, ''))"
                  " FROM payments.refunds ORDER BY id") +
         lines_of(sql,
                  "SELECT concat_ws(' ', account_id, sequence, kind, reference, amount,"
                  " balance_after) FROM payments.ledger ORDER BY account_id, sequence");
}

TEST_CASE("the model of the payments' tables does what PostgreSQL does") {
  PaymentPair pair;
  int conflicts = 0;
  int duplicates = 0;
  // Records that were read and not written yet: whoever writes one later is a zombie.
  std::vector<std::pair<domain::PaymentRecords, domain::PaymentRecords>> stale;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<events::PaymentCommand> batch;
    for (std::uint64_t i = 0; i <= pair.random.below(12); ++i) batch.push_back(pair.command());
    std::vector<const events::PaymentCommand*> commands;
    for (const auto& one : batch) commands.push_back(&one);
    auto modelled = pair.model.read(simulation::keys_of(commands));
    auto real = domain::read_payment_records(pair.session, domain::keys_of(commands));
    for (const auto& one : batch) {
      const domain::PaymentContext context{kNow, pair.random.chance(0.1), "test"};
      const auto expected = domain::handle(modelled, one, context);
      const auto answer = domain::handle(real, one, context);
      REQUIRE(answer.has_value() == expected.has_value());
      if (!answer) continue;
      CHECK(answer->reply.outcome == expected->reply.outcome);
      CHECK(answer->reply.code == expected->reply.code);
      CHECK(answer->reply.data == expected->reply.data);
      CHECK(answer->repeated == expected->repeated);
    }
    if (pair.random.chance(0.1)) pair.adjust();
    if (pair.random.chance(0.2)) stale.emplace_back(modelled, real);
    if (!stale.empty() && pair.random.chance(0.2)) {
      std::tie(modelled, real) = stale.back();
      stale.pop_back();
    }
    const Written expected = pair.model.write(modelled);
    const Written written = write(pair.session, domain::write_payment_records(real));
    CHECK(written == expected);
    conflicts += written == Written::kConflict ? 1 : 0;
    duplicates += written == Written::kDuplicate ? 1 : 0;
    REQUIRE(pair.rows_of_database() == pair.rows_of_model());
  }
  CHECK(conflicts > 0);
  CHECK(duplicates > 0);
  CHECK(pair.model.refunds().size() > 20);
}

// ---- delivery -----------------------------------------------------------------------------------

struct DeliveryPair {
  MigratedDatabase database;
  core::PgSession session = session_of(database, "orderflow_delivery");
  simulation::DeliveryTable model;
  Random random{42};
  domain::DeliveryPolicy policy{seconds{20}, seconds{2}, seconds{30}};

  [[nodiscard]] std::string rows_of_model() const {
    std::string text;
    for (const auto& [id, row] : model.rows()) {
      text += id.to_string() + " " + domain::name_of(row.status) + " " + row.code + " " +
              row.tracking_number + " " + flag(row.undone_at.has_value()) + " " +
              flag(row.undo_refused) + " " + flag(row.live) + " " +
              flag(row.delivered_at.has_value()) + " " + std::to_string(row.report_attempts) + " " +
              flag(row.report_acknowledged_at.has_value()) + "\n";
    }
    return text;
  }
  [[nodiscard]] std::string rows_of_database() const {
    return lines_of(database.sql(),
                    "SELECT concat_ws(' ', id, status, coalesce(code, ''),"
                    " coalesce(tracking_number, ''), undone_at IS NOT NULL, undo_refused, live,"
                    " delivered_at IS NOT NULL, report_attempts,"
                    " report_acknowledged_at IS NOT NULL) FROM delivery.deliveries ORDER BY id");
  }
  events::DeliveryCommand command(const Uuid& id) {
    const Uuid order = core::derived_uuid(id, random.chance(0.02) ? "other" : "order");
    switch (random.below(4)) {
      case 0: return events::CancelDelivery{id, order};
      case 1: return events::AcknowledgeReport{id, order};
      default: return events::ScheduleDelivery{id, order, R"({"name":"Alice"})"};
    }
  }
};

TEST_CASE("the model of the deliveries' table does what PostgreSQL does") {
  DeliveryPair pair;
  std::vector<Uuid> ids;
  for (int i = 0; i < 80; ++i) ids.push_back(pair.random.uuid());
  int duplicates = 0;
  std::vector<std::pair<domain::DeliveryRecords, domain::DeliveryRecords>> stale;
  core::Time now = kNow;
  for (int round = 0; round < kRounds; ++round) {
    now += seconds{1};
    std::set<Uuid> wanted;
    for (std::uint64_t i = 0; i <= pair.random.below(8); ++i) {
      wanted.insert(ids[pair.random.below(ids.size())]);
    }
    auto modelled = pair.model.read(wanted);
    auto real = domain::read_delivery_records(pair.session, wanted);
    for (const auto& id : wanted) {
      const auto command = pair.command(id);
      const Uuid order = std::visit([](const auto& one) { return one.order_id; }, command);
      const domain::DeliveryContext context{
          core::ShardKey(order), now, pair.random.chance(0.1), {}};
      const auto expected = domain::handle(modelled, command, context, pair.policy);
      const auto answer = domain::handle(real, command, context, pair.policy);
      REQUIRE(answer.has_value() == expected.has_value());
      if (answer && answer->reply) CHECK(answer->reply->data == expected->reply->data);
      const auto report = domain::fire(real, id, now, pair.policy);
      CHECK(report.has_value() == domain::fire(modelled, id, now, pair.policy).has_value());
    }
    if (pair.random.chance(0.2)) stale.emplace_back(modelled, real);
    if (!stale.empty() && pair.random.chance(0.2)) {
      std::tie(modelled, real) = stale.back();
      stale.pop_back();
    }
    const Written expected = pair.model.write(modelled);
    CHECK(write(pair.session, domain::write_delivery_records(real)) == expected);
    duplicates += expected == Written::kDuplicate ? 1 : 0;
    REQUIRE(pair.rows_of_database() == pair.rows_of_model());
  }
  CHECK(duplicates > 0);
}

// ---- ownership ----------------------------------------------------------------------------------

TEST_CASE("the model of the ownership check does what PostgreSQL does") {
  const MigratedDatabase database;
  auto session = session_of(database, "orderflow_orders");
  consumers::PartitionStore store("orders", "orchestrator");
  simulation::PartitionTable model(kPartitions);
  Random random(7);
  // What each of two owners believes; the other's grants make it wrong.
  std::map<std::int32_t, simulation::PartitionRow> believed[2];
  int fenced = 0;
  int passed = 0;
  for (int round = 0; round < 400; ++round) {
    auto& mine = believed[random.below(2)];
    std::set<std::int32_t> chosen;
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      if (random.chance(0.5)) chosen.insert(p);
    }
    if (mine.empty() || random.chance(0.2)) {
      for (const auto& grant : store.grant(chosen, "test", session)) {
        const auto expected = model.grant(grant.partition);
        CHECK(expected == simulation::PartitionRow{grant.epoch, grant.next_offset, grant.batch_no,
                                                   grant.published_mark});
        mine[grant.partition] = expected;
      }
      continue;
    }
    std::vector<simulation::Advance> advances;
    std::vector<consumers::Advance> rows;
    for (const auto partition : chosen) {
      if (!mine.contains(partition)) continue;
      const auto& row = mine[partition];
      const auto next = row.next_offset + static_cast<std::int64_t>(random.below(3));
      advances.push_back(
          {partition, row.epoch, row.next_offset, next, row.batch_no + 1, row.batch_no});
      rows.push_back({partition, row.epoch, row.next_offset, next, row.batch_no + 1, row.batch_no,
                      std::nullopt});
    }
    if (rows.empty()) continue;
    bool real = true;
    try {
      const core::PgCall check = store.ownership_check(rows);
      (void)session.transaction({&check, 1});
    } catch (const core::Fenced&) {
      real = false;
    }
    REQUIRE(real == model.agrees(advances));
    (real ? passed : fenced) += 1;
    if (!real) continue;
    model.advance(advances);
    for (const auto& advance : advances) mine[advance.partition] = model.row(advance.partition);
  }
  CHECK(fenced > 20);
  CHECK(passed > 20);
}

}  // namespace
}  // namespace orderflow::testing
