#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "http-api/admin/saga_groups.hpp"
#include "http-api/server/list.hpp"
#include "tests/integration/orchestrator_harness.hpp"
#include "tests/integration/participant_messages.hpp"

// Rows of orders.sagas that this program cannot read, among others that it can. One of them stopped
// the whole role and had every order refused.
namespace orderflow::testing {
namespace {

using consumers::UnreadableSagas;
using core::Uuid;
using std::chrono::seconds;

constexpr const char* kFarWakeUp = "true, 'PENDING_PAYMENT', 'running', '', '2100-01-01'";
constexpr const char* kColumns = "live, status, phase, steps, wake_at";

void change(const Sagas& sagas, const Uuid& order, const std::string& to) {
  sagas.database.sql().execute("UPDATE orders.sagas SET version = version + 1, " + to +
                               " WHERE order_id = '" + order.to_string() + "'");
}

void mend(const Sagas& sagas, const Uuid& order) {
  change(sagas, order,
         "status = 'PENDING_PAYMENT', phase = 'running', steps = '', step = NULL,"
         " waiting_for = 'start', refund = NULL");
}

bool begun(const Sagas& sagas, const Uuid& order) { return sagas.steps(order) == kBegun; }

bool shows(const Sagas& sagas, const std::string& count) {
  return sagas.metrics().render().find("orderflow_sagas_unreadable " + count + "\n") !=
         std::string::npos;
}

TEST_CASE("a message of a saga that cannot be read is a dead letter, and those of others are not") {
  Sagas sagas;
  MessageMill mill(kCommandsTopic);
  const Uuid bad = Sagas::id_in(0, false);
  const Uuid good = Sagas::id_in(0, true);
  for (const Uuid& id : {bad, good}) sagas.insert(id, kColumns, kFarWakeUp);
  change(sagas, bad, "steps = 'garbage'");
  const auto placed = [](const Uuid& id) {
    return events::encode(events::OrderPlaced{id}, to_key(id));
  };
  const auto messages = mill.pass({placed(bad), placed(good)});
  (void)sagas.driver.run(messages);
  CHECK(begun(sagas, good));
  REQUIRE(sagas.driver.dead_letters.size() == 1);
  const auto& letter = sagas.driver.dead_letters.front();
  CHECK(letter.message->key() == bad.to_string());
  CHECK(letter.reason.find(bad.to_string()) != std::string::npos);
  CHECK(letter.reason.find("steps is 'garbage'") != std::string::npos);
  const auto ready = sagas.in_readiness("unreadable sagas");
  CHECK(ready.find(bad.to_string()) != std::string::npos);
  CHECK(ready.find("steps is 'garbage'") != std::string::npos);
  CHECK(shows(sagas, "1"));

  // Repeated until it is acknowledged: there would be a dead letter each time.
  const events::DeliveryReport report{bad, bad, "DELIVERED", sagas.driver.now};
  const auto reported = mill.pass({events::encode(report, to_key(bad))});
  (void)sagas.driver.run(reported);
  CHECK(sagas.driver.dead_letters.empty());
  // A command of it that Kafka refuses.
  producers::Refused refused;
  refused.subject = bad.to_string();
  CHECK(sagas.driver.refuse({refused}).empty());

  mend(sagas, bad);
  sagas.driver.now += UnreadableSagas::kLookInterval;
  (void)sagas.driver.run({});
  CHECK(sagas.in_readiness("unreadable sagas").empty());
  CHECK(shows(sagas, "0"));
  // The dead letter, replayed.
  (void)sagas.driver.run(mill.pass({placed(bad)}));
  CHECK(sagas.driver.dead_letters.empty());
  CHECK(begun(sagas, bad));
}

TEST_CASE("sagas that cannot be read are woken no more, until they are mended") {
  Sagas sagas;
  const std::vector<std::string> damages{
      "steps = 'garbage'",
      "steps = repeat('ä', 10000)",
      "status = 'LOST'",
      "phase = ''",
      "waiting_for = 'godot'",
      "step = 'gift_wrap'",
      "step = 'refund'",
      R"(refund = '{"refunded": "all"}')",
      R"(refund = '{"pending": {"amount": 1}}')",
      R"(refund = '[1]')",
  };
  std::vector<Uuid> bad;
  for (const auto& damage : damages) {
    sagas.insert_due(bad.emplace_back(Sagas::id_in(0, false)));
    change(sagas, bad.back(), damage);
  }
  const Uuid good = Sagas::id_in(0, true);
  sagas.insert_due(good);
  sagas.driver.grant();
  sagas.driver.now = core::process_now();
  CHECK(sagas.found_within(1, [&] { return begun(sagas, good); }));
  CHECK(shows(sagas, std::to_string(damages.size())));
  // Nothing of them is due, so that the loop does not turn idly and orders are taken.
  CHECK(sagas.waits());
  CHECK(sagas.oldest_ready() == core::Duration{0});
  // Of so many only some are named.
  CHECK(sagas.in_readiness("unreadable sagas").size() < 1'000);

  // A new owner finds the same.
  sagas.lose_everything();
  CHECK(shows(sagas, "0"));
  sagas.driver.grant();
  CHECK(sagas.found_within(1, [&] { return shows(sagas, std::to_string(damages.size())); }));

  for (const Uuid& id : bad) mend(sagas, id);
  sagas.driver.now += UnreadableSagas::kLookInterval;
  (void)sagas.driver.run({});
  CHECK(std::all_of(bad.begin(), bad.end(), [&](const Uuid& id) { return begun(sagas, id); }));
  CHECK(shows(sagas, "0"));
}

// Polls read a page at a time.
TEST_CASE("many sagas that cannot be read hide nobody else's wake-up or request") {
  Sagas sagas;
  std::vector<Uuid> bad;
  for (int i = 0; i < 2 * kBatchLimit; ++i) {
    sagas.insert_due(bad.emplace_back(Sagas::id_in(0, false)));
    change(sagas, bad.back(), "steps = 'garbage'");
    sagas.ask(bad.back(), "retry");
  }
  const Uuid asked = Sagas::id_in(0, true);
  sagas.insert(asked, kColumns, kFarWakeUp);
  sagas.ask(asked, "cancel");
  CHECK(sagas.found_within(1, [&] { return sagas.handled(asked) == 1; }));
  // Known to no timer: the scan for overdue sagas has to find it.
  const Uuid overdue = Sagas::id_in(0, true);
  sagas.insert_due(overdue);
  CHECK(sagas.found_within(2, [&] { return begun(sagas, overdue); }));
  CHECK(shows(sagas, std::to_string(bad.size())));
  CHECK(sagas.handled(bad.front()) == 0);

  // What was asked meanwhile still counts.
  for (const Uuid& id : bad) mend(sagas, id);
  sagas.driver.now += UnreadableSagas::kLookInterval;
  CHECK(sagas.found_within(3, [&] {
    return std::all_of(bad.begin(), bad.end(),
                       [&](const Uuid& id) { return sagas.handled(id) == 1; });
  }));
}

TEST_CASE(
    "a saga that needs attention and cannot be read is found at the grant, and asks nothing") {
  Sagas sagas;
  const std::string columns = "live, attention, status, phase, step, steps, waiting_for, wake_at";
  const std::string values =
      "true, true, 'NEEDS_ATTENTION', 'running', 'payment', 'payment:sent', 'operator', ";
  const Uuid bad = Sagas::id_in(0, false);
  const Uuid good = Sagas::id_in(1, false);
  for (const Uuid& id : {bad, good}) sagas.insert(id, columns, values + "'2100-01-01'");
  change(sagas, bad, "waiting_for = 'godot'");
  sagas.driver.grant();
  CHECK(sagas.in_readiness("unreadable sagas").find(bad.to_string()) != std::string::npos);
  // The breaker of a new owner is open: one saga probes at once.
  const auto sent = sagas.driver.run({});
  REQUIRE(sent.size() == 1);
  CHECK(bodies(sent).front().at("order_id") == good.to_string());
}

TEST_CASE("a list goes on behind a saga that cannot be read") {
  Sagas sagas;
  std::vector<Uuid> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(Sagas::id_in(0, false));
  std::sort(ids.begin(), ids.end(), std::greater<>());
  for (const Uuid& id : ids) {
    sagas.insert(id, "attention, " + std::string(kColumns), "true, " + std::string(kFarWakeUp));
  }
  change(sagas, ids[1], "steps = 'garbage'");
  http_api::PageRequest page;
  page.limit = 1;
  std::vector<Uuid> listed;
  bool more = true;
  while (more && listed.size() < ids.size()) {
    const auto found = http_api::read_page<http_api::WaitingSagaRow>(
        sagas.driver.session(), http_api::waiting_sagas({}), page);
    for (const auto& row : found.rows) listed.push_back(row.saga.order_id.uuid);
    if (!listed.empty()) page.after = listed.back();
    more = found.more;
  }
  CHECK_FALSE(more);
  CHECK(listed == std::vector<Uuid>{ids[0], ids[2], ids[3]});
}

}  // namespace
}  // namespace orderflow::testing
