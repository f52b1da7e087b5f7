#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "core/values/shard.hpp"
#include "core/values/uuid.hpp"
#include "tests/support/dead_letters.hpp"
#include "tests/support/shop.hpp"

// Dead letters: put back or given up by operators; and under load with a database that restarts, no
// healthy message ever becomes one.
namespace orderflow::testing {
namespace {

const Headers kOperatorHeaders = operator_headers();
constexpr int kPartitions = 8;  // As in test_settings().
constexpr const char* kUnknownType = "orderflow.nobody.knows.v1";

RawMessage message(const std::string& key, const std::string& type, const std::string& body) {
  RawMessage message;
  message.key = key;
  message.body = body;
  message.headers = {{"ce_specversion", "1.0"},
                     {"ce_id", fresh_key()},
                     {"ce_source", "/test/dead-letters"},
                     {"ce_type", type},
                     {"ce_subject", key},
                     {"ce_time", "2026-01-01T00:00:00.000Z"},
                     {"content-type", "application/json"}};
  return message;
}

std::string new_id() { return core::new_uuid_v7().to_string(); }

// Into the partition its key belongs to.
void put(const System& system, const std::string& topic, const RawMessage& message) {
  system.kafka().produce(topic, core::shard_of(message.key) % kPartitions, message);
}

std::vector<Row> letters_of(const System& system, const std::string& key) {
  return system.database().rows(
      "SELECT id, attempts, coalesce(resolution, ''), coalesce(resolved_by, '') FROM " +
      std::string(kDeadLetters) + "WHERE convert_from(key, 'UTF8') = '" + key + "' ORDER BY id");
}

void await_letters(const System& system, const std::string& key, std::size_t count) {
  wait_until(std::to_string(count) + " dead letters of " + key,
             [&] { return letters_of(system, key).size() == count; });
}

std::int64_t with_replayed_header(const System& system, const std::string& topic,
                                  const std::string& key, const std::string& failures) {
  std::int64_t count = 0;
  for (const auto& one : system.kafka().read(topic)) {
    const auto header = one.headers.find("orderflow_replayed");
    if (one.key == key && header != one.headers.end() && header->second == failures) ++count;
  }
  return count;
}

// Of a message that its owner has made a dead letter.
std::string path_of_new_letter(System& system, const std::string& topic, const std::string& body) {
  const auto name = new_id();
  put(system, topic, message(name, kUnknownType, body));
  await_letters(system, name, 1);
  return "/admin/dead-letters/" + letters_of(system, name)[0][0].value();
}

TEST_CASE("a dead letter is put back, and counted when it fails again", "[shared][dead-letters]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto name = new_id();
  const std::string body = "{\"text\": \"caf\xc3\xa9\"}";
  put(system, "payments.commands", message(name, kUnknownType, body));
  await_letters(system, name, 1);
  const auto first = letters_of(system, name)[0][0].value();

  const auto path = "/admin/dead-letters/" + first;
  const auto shown = shop.http().get(path, kOperatorHeaders).json();
  CHECK(shown.at("body") == body);
  CHECK(shown.at("key") == name);
  CHECK(shown.at("source") == "payments");
  CHECK(shown.at("attempts") == 1);
  CHECK(shown.at("headers").at("ce_type") == kUnknownType);
  CHECK(shown.at("resolution").is_null());

  auto once = operator_headers();
  once["Idempotency-Key"] = fresh_key();
  const auto replayed = shop.http().post(path + "/replay", {{"reason", "mended"}}, once);
  INFO(replayed.body);
  REQUIRE(replayed.status == 200);
  CHECK(replayed.json().at("resolution").at("what") == "replayed");
  CHECK(replayed.json().at("resolution").at("by") == "eve");
  CHECK(shop.http().post(path + "/replay", {{"reason", "mended"}}, once).status == 200);
  CHECK(shop.http().post(path + "/replay", nullptr, kOperatorHeaders).status == 409);
  await_letters(system, name, 2);
  CHECK(with_replayed_header(system, "payments.commands", name, "1") == 1);
  CHECK(letters_of(system, name)[1][1] == "2");

  const auto second = letters_of(system, name)[1][0].value();
  const auto tool = system.run({"dead-letters", "replay", second, "--actor", "mallory"});
  INFO(tool.output);
  CHECK(tool.exit_code == 0);
  await_letters(system, name, 3);
  CHECK(letters_of(system, name)[2][1] == "3");
  CHECK(letters_of(system, name)[1][3] == "mallory");
  CHECK(system.run({"dead-letters", "replay", second}).exit_code == 1);
  system.conclude();
}

// It was answered with a 503 for ever, or put back to fail again.
TEST_CASE("a dead letter that can never be put back says why", "[shared][dead-letters]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto path = path_of_new_letter(system, "payments.commands", "");
  const auto refused = shop.http().post(path + "/replay", nullptr, kOperatorHeaders);
  INFO(refused.body);
  CHECK(refused.status == 409);
  CHECK(refused.body.find("tombstone") != std::string::npos);
  CHECK(shop.http().post(path + "/discard", {{"reason", "a test"}}, kOperatorHeaders).status ==
        200);
  system.conclude();
}

// Who asks says no context, so each is asked.
TEST_CASE("a dead letter is discarded while those of other contexts are locked",
          "[shared][dead-letters]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto path = path_of_new_letter(system, "delivery.commands", "{}");
  pqxx::connection connection(system.database().url());
  pqxx::work holder(connection);
  holder.exec0("LOCK TABLE orders.dead_letters, payments.dead_letters IN ACCESS EXCLUSIVE MODE");
  CHECK(shop.http().get(path, kOperatorHeaders).status == 200);
  CHECK(shop.http().post(path + "/discard", {{"reason", "a test"}}, kOperatorHeaders).status ==
        200);
  holder.abort();
  system.conclude();
}

// A replay waits for Kafka; here for its row, which takes no broker that falls silent.
TEST_CASE("replays that wait hold up no other letter and no list", "[shared][dead-letters]") {
  constexpr int kReplays = 6;  // More than a context has sessions.
  auto& system = shared_system();
  const Shop shop(system);
  const auto name = new_id();
  for (int i = 0; i < 2; ++i) put(system, "payments.commands", message(name, kUnknownType, "{}"));
  await_letters(system, name, 2);
  const auto letters = letters_of(system, name);
  const auto held = letters[0][0].value();
  const auto other = letters[1][0].value();
  {
    pqxx::connection connection(system.database().url());
    pqxx::work holder(connection);
    holder.exec("SELECT 1 FROM payments.dead_letters WHERE id = '" + held + "' FOR UPDATE");
    const HttpClient http(system.http().port(), HttpClient::Check::kNone);
    std::vector<std::jthread> operators;
    for (int i = 0; i < kReplays; ++i) {
      operators.emplace_back([&http, &held] {
        (void)http.try_request("POST", "/admin/dead-letters/" + held + "/replay", {},
                               operator_headers());
      });
    }
    const auto waiting = [&] {
      return system.database().number(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
          "wait_event_type = 'Lock' AND application_name = 'orderflow-api'");
    };
    wait_until("replays wait for the letter", [&] { return waiting() >= 1; });
    CHECK(shop.http().get("/admin/dead-letters?limit=1", kOperatorHeaders).status == 200);
    CHECK(shop.http()
              .post("/admin/dead-letters/" + other + "/discard", {{"reason", "a test"}},
                    kOperatorHeaders)
              .status == 200);
    CHECK(waiting() == 1);  // The others wait for its session, not with ones of their own.
    holder.abort();
  }
  wait_until("the held letter is put back", [&] {
    return system.database().number("SELECT count(*) FROM payments.dead_letters WHERE id = '" +
                                    held + "' AND resolution = 'replayed'") == 1;
  });
  system.conclude();
}

TEST_CASE("while no broker answers a replay is refused at once, by that name",
          "[own][dead-letters]") {
  System system({.name = "replay-outage", .own_broker = true});
  const Shop shop(system);
  const auto name = new_id();
  put(system, "payments.commands", message(name, kUnknownType, "{}"));
  await_letters(system, name, 1);
  const auto path = "/admin/dead-letters/" + letters_of(system, name)[0][0].value();
  system.stop_broker();
  wait_until("the front end knows",
             [&] { return system.http().get("/health").json().at("status") == "degraded"; });
  const auto refused = shop.http().post(path + "/replay", nullptr, kOperatorHeaders);
  CHECK(refused.status == 503);
  CHECK(refused.json().at("retryable") == true);
  INFO(refused.body);
  CHECK(refused.body.find("Kafka does not answer") != std::string::npos);
  CHECK(shop.http().get(path, kOperatorHeaders).json().at("resolution").is_null());
  system.start_broker();
  wait_until("it is put back", [&] {
    return shop.http().post(path + "/replay", nullptr, kOperatorHeaders).status == 200;
  });
  for (const auto& role : {"orchestrator", "payments", "delivery"}) system.wait_ready(role);
  system.conclude();
}

TEST_CASE("a dead letter is discarded with a reason, audited", "[shared][dead-letters]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto name = new_id();
  // No text: bytes come back as they are.
  put(system, "delivery.commands", message(name, kUnknownType, std::string("\xff\0\xfe", 3)));
  await_letters(system, name, 1);
  const auto id = letters_of(system, name)[0][0].value();
  const auto path = "/admin/dead-letters/" + id;
  CHECK(shop.http().get(path, kOperatorHeaders).json().at("body_encoding") == "base64url");
  const auto list = [&](const std::string& query) {
    const auto answer = shop.http().get("/admin/dead-letters?limit=200&" + query, kOperatorHeaders);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    std::size_t found = 0;
    const auto page = answer.json();
    for (const auto& letter : page.at("items")) found += letter.at("id") == id ? 1 : 0;
    return found;
  };
  CHECK(list("source=delivery") == 1);
  CHECK(list("source=payments") == 0);
  CHECK(list("topic=" + system.prefix() + "delivery.commands") == 1);
  CHECK(shop.http().post(path + "/discard", {{"reason", ""}}, kOperatorHeaders).status == 422);
  CHECK(system.run({"dead-letters", "discard", id}).exit_code == 2);
  SECTION("over HTTP") {
    CHECK(shop.http().post(path + "/discard", {{"reason", "a test"}}, kOperatorHeaders).status ==
          200);
  }
  SECTION("on the command line") {
    CHECK(system.run({"dead-letters", "discard", id, "--reason", "a test"}).exit_code == 0);
  }
  CHECK(list("source=delivery") == 0);
  CHECK(list("source=delivery&resolved=true") == 1);
  const auto entries = shop.http().get(path, kOperatorHeaders).json().at("audit");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].at("action") == "dead_letter.discarded");
  CHECK(entries[0].at("reason") == "a test");
  CHECK(shop.http().post(path + "/replay", nullptr, kOperatorHeaders).status == 409);
  system.conclude();
}

// Written by SQL: so many and so large ones would take long to send.
void insert_letters(const System& system, const std::string& schema, int count,
                    const std::string& body) {
  system.database().execute(
      "INSERT INTO " + schema +
      ".dead_letters (id, topic, partition, message_offset, key, headers, body, reason) SELECT "
      "gen_random_uuid(), 'many', 0, n, "
      "'', '{\"ce_source\": \"/test/many\"}', " +
      body + ", 'a test' FROM generate_series(1, " + std::to_string(count) + ") n");
}

std::int64_t resident_peak_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
  }
  FAIL("no VmHWM of " << pid);
  return 0;
}

TEST_CASE("dead letters of all contexts are one list, page by page", "[own][dead-letters]") {
  System system({.name = "letter-pages"});
  const Shop shop(system);
  for (int round = 0; round < 3; ++round) {
    for (const char* schema : {"orders", "payments", "delivery"}) {
      insert_letters(system, schema, 5, "'x'");
    }
  }
  std::vector<std::string> expected;
  for (const auto& row :
       system.database().rows(std::string("SELECT id FROM ") + kDeadLetters + "ORDER BY id DESC")) {
    expected.push_back(row[0].value());
  }
  REQUIRE(expected.size() == 45);
  std::vector<std::string> seen;
  std::set<std::string> sources;
  std::string path = "/admin/dead-letters?limit=7";
  for (std::string token; seen.size() < 100;) {
    const auto page = shop.http().get(path + token, kOperatorHeaders).json();
    for (const auto& letter : page.at("items")) {
      seen.push_back(letter.at("id"));
      sources.insert(letter.at("source"));
    }
    if (page.at("next_page_token").is_null()) break;
    token = "&page_token=" + page.at("next_page_token").get<std::string>();
  }
  CHECK(seen == expected);
  CHECK(sources == std::set<std::string>{"delivery", "orchestrator", "payments"});
  const auto tool = system.run({"dead-letters", "list", "--limit", "200"});
  INFO(tool.output);
  std::size_t at = 0;
  for (const auto& id : expected) {
    at = tool.output.find(id, at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("lists of large dead letters read no bodies", "[own][dead-letters]") {
  System system({.name = "large-letters"});
  const Shop shop(system);
  // 512 KiB each.
  constexpr int kLetters = 200;
  insert_letters(system, "payments", kLetters, "convert_to(repeat(md5(n::text), 16384), 'UTF8')");
  const auto list = [&] {
    const auto answer = shop.http().get("/admin/dead-letters?limit=200", kOperatorHeaders);
    CHECK(answer.json().at("items").size() == kLetters);
    CHECK(answer.body.size() < 200'000);
  };
  REQUIRE(shop.http().get("/admin/dead-letters?limit=1", kOperatorHeaders).status == 200);
  const auto before = resident_peak_kib(system.process("api").pid());
  for (int i = 0; i < 4; ++i) list();
  const auto id = system.database().text("SELECT id FROM payments.dead_letters LIMIT 1");
  for (int i = 0; i < 10; ++i) {
    const auto one = shop.http().get("/admin/dead-letters/" + id, kOperatorHeaders).json();
    CHECK(one.at("body").get<std::string>().size() == 65'536);
    CHECK(one.at("body_bytes") == 524'288);
  }
  // The bodies are 100 MiB. AddressSanitizer keeps for a while what was freed.
  CHECK(resident_peak_kib(system.process("api").pid()) - before < 80 * 1024);
}

// What cannot be decoded, what nobody knows, and what only PostgreSQL refuses (class 22).
void poison(const System& system, const std::string& user, const std::string& order) {
  const auto capture =
      core::derived_uuid(core::Uuid::parse(order).value(), "1/payment").to_string();
  const Json refused = {{"command_id", capture},
                        {"order_id", order},
                        {"phase", "do"},
                        {"outcome", "refused"},
                        {"code", std::string("a\0b", 3)},
                        {"detail", "a test"},
                        {"data", Json::object()}};
  put(system, "orders.inbox", message(order, "orderflow.saga.reply.v1", refused.dump()));
  const Json charge = {{"command_id", new_id()},
                       {"order_id", order},
                       {"user_id", user},
                       {"amount", {{"amount", 1}, {"currency", std::string("U\0D", 3)}}}};
  put(system, "payments.commands", message(user, "orderflow.payment.capture.v1", charge.dump()));
  auto address = Shop::order_body(user, user).at("delivery_address");
  address["line1"] = std::string("1\0Main Street", 13);
  const Json schedule = {{"command_id", new_id()}, {"order_id", order}, {"address", address}};
  put(system, "delivery.commands",
      message(order, "orderflow.delivery.schedule.v1", schedule.dump()));
  for (const char* topic : {"orders.inbox", "payments.commands", "delivery.commands"}) {
    put(system, topic, message(new_id(), kUnknownType, "{}"));
    put(system, topic, message(new_id(), "orderflow.saga.reply.v1", "{\"order_id\": "));
  }
}

TEST_CASE("bad messages under load while PostgreSQL restarts: no healthy one is blamed",
          "[dead-letters]") {
  System system({.name = "poison-load", .own_postgres = true});
  const Shop shop(system);
  const auto product = shop.new_product(1'000);
  std::vector<std::string> users;
  for (int i = 0; i < 10; ++i) users.push_back(shop.new_user(1'000'000));
  std::vector<std::string> orders;
  constexpr int kOrders = 300;
  constexpr int kEvery = 50;
  for (int round = 0; round < 3; ++round) {
    // Their replies come while the database goes away.
    system.process("payments").freeze();
    for (int i = 0; i < kOrders / 3; ++i) {
      const auto& user = users[orders.size() % users.size()];
      orders.push_back(shop.place(user, product));
      if (i % kEvery != 0) continue;
      // A reply to a saga that has asked nothing yet would just be passed over.
      wait_until("its command is sent", [&] {
        return shop.status(orders.back()).at("saga").at("waiting_for") != "start";
      });
      poison(system, user, orders.back());
    }
    system.process("payments").thaw();
    system.postgres().stop();
    system.postgres().start();
    wait_until("the API is back", [&] { return system.ready("api"); });
  }
  wait_until(
      [&] {
        return "every order ends; still going on: " +
               system.database().text("SELECT count(*) FROM orders.sagas WHERE live");
      },
      [&] { return system.database().number("SELECT count(*) FROM orders.sagas WHERE live") == 0; },
      Millis{90'000});
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  const auto bad = [&](const std::string& reason) {
    return system.database().number("SELECT count(*) FROM " + std::string(kDeadLetters) +
                                    "WHERE reason LIKE '%" + reason + "%'");
  };
  constexpr int kPoisoned = kOrders / 3 / kEvery;
  wait_until("all bad messages are dead letters", [&] {
    return system.database().number(std::string("SELECT count(*) FROM ") + kDeadLetters) >=
           3 * kPoisoned * 9;
  });
  CHECK(system.database().number(std::string("SELECT count(*) FROM ") + kDeadLetters) ==
        3 * kPoisoned * 9);
  CHECK(bad("invalid byte sequence") + bad("Unicode escape") >= 3 * kPoisoned);
  CHECK(system.database().number(std::string("SELECT count(*) FROM ") + kDeadLetters +
                                 "WHERE headers->>'ce_source' <> '/test/dead-letters'") == 0);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
