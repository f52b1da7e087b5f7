#include <catch2/catch_test_macros.hpp>

#include "core/values/uuid.hpp"
#include "tests/support/dead_letters.hpp"
#include "tests/support/shop.hpp"

// Messages nobody can process: they become dead letters with their reason, and the partition moves
// on. Other orders never notice.
namespace orderflow::testing {
namespace {

struct Poison {
  std::string what;
  std::string type;
  std::string body;
};

RawMessage message_of(const Poison& poison) {
  RawMessage message;
  message.key = core::new_uuid_v7().to_string();
  message.body = poison.body;
  message.headers = {{"ce_specversion", "1.0"},           {"ce_id", fresh_key()},
                     {"ce_source", "/test/poison"},       {"ce_type", poison.type},
                     {"ce_subject", message.key},         {"ce_time", "2026-01-01T00:00:00.000Z"},
                     {"content-type", "application/json"}};
  return message;
}

// A type each topic's consumer knows.
std::string known_type(const std::string& topic) {
  if (topic == "orders.inbox") return "orderflow.saga.reply.v1";
  if (topic == "payments.commands") return "orderflow.payment.capture.v1";
  if (topic == "delivery.commands") return "orderflow.delivery.schedule.v1";
  return "orderflow.order.order_placed.v1";
}

std::string with_other_version(std::string type) {
  type.back() = '9';
  return type;
}

// Deep enough to exhaust the stack of whoever copies it as a document.
std::string nested_deeply() {
  constexpr int kLevels = 50'000;
  std::string text;
  for (int i = 0; i < kLevels; ++i) text += R"({"data":)";
  return text + "1" + std::string(kLevels, '}');
}

std::vector<Poison> poisons(const std::string& topic) {
  const auto type = known_type(topic);
  return {
      {"an unknown type", "orderflow.nobody.knows.v1", "{}"},
      {"an unknown version", with_other_version(type), "{}"},
      {"no type at all", "", "{}"},
      {"a type that is not UTF-8", "\xff\xfe", "{}"},
      {"a type with a null character", std::string("a\0b", 3), "{}"},
      {"broken JSON", type, "{\"order_id\": "},
      {"an empty body", type, ""},
      {"not an object", type, "[1, 2]"},
      {"a missing field", type, "{}"},
      {"a field of another type", type, R"({"order_id": 7, "command_id": [], "sequence": "x"})"},
      {"bytes that are not UTF-8", type, "{\"order_id\": \"\xff\xfe\"}"},
      {"a null character", type, R"({"order_id": "\u0000"})"},
      {"a body that nests too deeply", type, nested_deeply()},
  };
}

void check_topic(System& system, const std::string& topic) {
  const Shop shop(system);
  const auto kafka = system.kafka();
  const int partitions = kafka.partitions(topic);
  std::map<std::string, std::string> by_key;
  int partition = 0;
  for (const auto& poison : poisons(topic)) {
    const auto message = message_of(poison);
    by_key[message.key] = poison.what;
    kafka.produce(topic, partition++ % partitions, message);
  }
  for (const auto& [key, what] : by_key) {
    const auto letter = [&, k = key] {
      return system.database().rows(std::string("SELECT topic, reason, source FROM ") +
                                    kDeadLetters + "WHERE convert_from(key, 'UTF8') = '" + k + "'");
    };
    wait_until(topic + ": " + what + " becomes a dead letter", [&] { return !letter().empty(); });
    const auto rows = letter();
    INFO(what);
    CHECK(rows.size() == 1);
    CHECK(rows[0].at(0).value() == system.prefix() + topic);
    CHECK_FALSE(rows[0].at(1).value_or("").empty());
  }
  // Two orders a partition, on average: each of them passes through.
  std::vector<std::string> orders;
  const auto product = shop.new_product(1'000);
  for (int i = 0; i < 2 * partitions; ++i) orders.push_back(shop.place(shop.new_user(), product));
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
}

TEST_CASE("poison in orders.inbox", "[shared][poison]") {
  auto& system = shared_system();
  check_topic(system, "orders.inbox");
  wait_until("they are counted",
             [&] { return system.metric("orchestrator", "orderflow_dead_letters") >= 10; });
  system.conclude();
}

TEST_CASE("poison in payments.commands", "[shared][poison]") {
  auto& system = shared_system();
  check_topic(system, "payments.commands");
  system.conclude();
}

TEST_CASE("poison in delivery.commands", "[shared][poison]") {
  auto& system = shared_system();
  check_topic(system, "delivery.commands");
  system.conclude();
}

// No role depends on what is in orders.events; the API's tail takes it for a notification that
// something happened. So nothing is a dead letter here, but whoever waits must not miss what is
// real.
TEST_CASE("poison in orders.events", "[shared][poison]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto kafka = system.kafka();
  system.process("payments").freeze();
  const auto id = shop.place();
  RawConnection stream(system.http().port());
  REQUIRE(stream.send("GET /orders/" + id +
                      "/events HTTP/1.1\r\nHost: x\r\n"
                      "Accept: text/event-stream\r\n\r\n"));
  for (int partition = 0; partition < kafka.partitions("orders.events"); ++partition) {
    for (const auto& poison : poisons("orders.events")) {
      auto message = message_of(poison);
      if (poison.what == "broken JSON") message.key = id;
      if (poison.what == "an empty body") message.key = "";
      kafka.produce("orders.events", partition, message);
    }
  }
  system.process("payments").thaw();
  std::string text;
  CHECK(holds_within(kPatience, [&] {
    text += stream.receive(Millis{200}).value_or("");
    return text.find("OrderDelivered") != std::string::npos;
  }));
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a message in the wrong partition is ignored", "[shared][poison]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto kafka = system.kafka();
  const auto user = shop.new_user(50'000);
  system.process("payments").freeze();
  const auto id = shop.place(user, shop.new_product(1'000));
  const auto payment = core::derived_uuid(core::Uuid::parse(id).value(), "1/payment").to_string();
  RawMessage right;
  wait_until("the order's own partition is known", [&] {
    for (const auto& message : kafka.read("orders.inbox")) {
      if (message.key == id) right = message;
    }
    return right.key == id;
  });
  RawMessage reply = right;
  reply.headers["ce_type"] = "orderflow.saga.reply.v1";
  reply.headers["ce_source"] = "/test/wrong-partition";
  reply.body = Json{{"command_id", payment}, {"order_id", id},          {"phase", "do"},
                    {"outcome", "refused"},  {"code", "card_declined"}, {"detail", "a test"},
                    {"data", Json::object()}}
                   .dump();
  const int wrong = (right.partition + 1) % kafka.partitions("orders.inbox");
  const auto offset = kafka.produce("orders.inbox", wrong, reply);
  wait_until("the orchestrator has passed the message", [&] {
    return system.database().number("SELECT next_offset FROM orders.partitions WHERE partition = " +
                                    std::to_string(wrong)) > offset;
  });
  CHECK(shop.order(id).at("status") != "PAYMENT_FAILED");
  system.process("payments").thaw();
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 49'000);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
