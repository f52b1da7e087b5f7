#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"
#include "tests/support/wait.hpp"

// What only a real Kafka can show.
namespace orderflow::testing {
namespace {

TEST_CASE("topics are made by the program, as configured, and none by accident", "[integration]") {
  System system({.name = "topics", .settings = {{"ORDERFLOW_PARTITIONS", "4"}}});
  const Shop shop(system);
  for (const char* topic :
       {"orders.inbox", "orders.events", "payments.commands", "delivery.commands"}) {
    CHECK(system.kafka().partitions(topic) == 4);
  }
  CHECK(system.kafka().partitions("orders.typo") == -1);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

TEST_CASE("another cluster under the same address is read from its beginning", "[integration]") {
  System system({.name = "other-cluster", .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.consumer().catch_up();
  for (const auto& role : system_roles()) {
    CHECK(system.process(role).terminate() == 0);
  }
  system.private_kafka().wipe(PrivateKafka::Identity::kNew);
  system.consumer().start_again(true);
  for (const auto& role : system_roles()) system.start(role);
  for (int i = 0; i < 10; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 100 * 40);
  system.conclude();
}

// Each new client was counted as one.
TEST_CASE("a client that is replaced has lost no offset", "[integration]") {
  System system({.name = "replaced", .own_broker = true});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.private_kafka().kill();
  system.private_kafka().start();
  wait_until("the orchestrator replaces its client", [&] {
    return system.log("orchestrator").find("the Kafka client is replaced") != std::string::npos;
  });
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  CHECK(system.metric("orchestrator", "orderflow_consumer_offsets_lost_total") == 0);
  system.conclude();
}

// Found by the simulator: the owner started over again and again with the producer that had failed.
TEST_CASE("an owner whose messages the broker refused goes on once it takes them",
          "[integration]") {
  System system({.name = "refused"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.kafka().configure_topic("payments.commands", "max.message.bytes", "100");
  // The broker takes the setting on a moment after it has said so: the first may still get through.
  std::vector<std::string> orders;
  wait_until("the orchestrator is told that Kafka refuses its command", [&] {
    orders.push_back(shop.place());
    return system.log("orchestrator").find("messages were not stored by Kafka") !=
           std::string::npos;
  });
  system.kafka().configure_topic("payments.commands", "max.message.bytes", "1000000");
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

std::string readiness(const System& system, const std::string& role) {
  const auto answer =
      system.monitor(role).try_request("GET", "/health/ready", {}, {}, Millis{2'000});
  return answer ? answer->body : "";
}

// A stranger's transaction, begun and left, with a message in each partition of a topic.
class OpenTransaction {
 public:
  OpenTransaction(const std::string& topic, int partitions) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char error[256];
    for (const auto& [name, value] :
         {std::pair<std::string, std::string>{"bootstrap.servers",
                                              required_variable("ORDERFLOW_TEST_KAFKA")},
          {"transactional.id", topic + fresh_key()},
          {"transaction.timeout.ms", "600000"}}) {
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error);
    }
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    REQUIRE(rd_kafka_init_transactions(handle_, kTimeoutMs) == nullptr);
    REQUIRE(rd_kafka_begin_transaction(handle_) == nullptr);
    for (int partition = 0; partition < partitions; ++partition) {
      REQUIRE(rd_kafka_producev(handle_, RD_KAFKA_V_TOPIC(topic.c_str()),
                                RD_KAFKA_V_PARTITION(partition),
                                RD_KAFKA_V_KEY("stranger", std::size_t{8}),
                                RD_KAFKA_V_HEADER("ce_source", "/test/stranger", -1),
                                RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    REQUIRE(rd_kafka_flush(handle_, kTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  ~OpenTransaction() { rd_kafka_destroy(handle_); }
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

 private:
  static constexpr int kTimeoutMs = 20'000;
  rd_kafka_t* handle_ = nullptr;
};

// What stood behind it waited for up to fifteen minutes.
TEST_CASE("a transaction that a stranger leaves open holds up nothing", "[integration]") {
  System system({.name = "open-transaction"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  const OpenTransaction left(system.prefix() + "payments.commands",
                             system.kafka().partitions("payments.commands"));
  for (int i = 0; i < 5; ++i) CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

std::optional<Json> held_item(const Shop& shop, const std::string& order) {
  const auto list = shop.http().get("/admin/held-events", operator_headers()).json();
  for (const auto& item : list.at("items")) {
    if (item.at("order_id") == order) return item;
  }
  return std::nullopt;
}

// The whole partition stood still and nothing said why.
TEST_CASE("an event too large for its topic holds its own order only, and goes out in the end",
          "[integration]") {
  System system({.name = "too-large"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.kafka().configure_topic("orders.events", "max.message.bytes", "1200");
  system.process("payments").freeze();
  const auto cancelled = shop.place();
  CHECK(shop.http()
            .post("/orders/" + cancelled + "/cancel", {{"reason", std::string(450, 'r')}})
            .status == 202);
  system.process("payments").thaw();
  std::vector<std::string> others;
  for (int i = 0; i < 20; ++i) others.push_back(shop.place());
  for (const auto& id : others) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.await_end(cancelled) == "CANCELLED");
  const auto held = [&] {
    return system.database().number("SELECT count(*) FROM orders.held_events WHERE order_id = '" +
                                    cancelled + "'");
  };
  wait_until("the event is held", [&] { return held() == 1; });
  const auto shown = readiness(system, "orchestrator");
  CHECK(shown.find("orders.events") != std::string::npos);
  CHECK(shown.find("max.message.bytes") != std::string::npos);
  wait_until("operators see it", [&] { return held_item(shop, cancelled).has_value(); });
  const auto item = held_item(shop, cancelled).value_or(Json::object());
  CHECK(item.at("events") >= 1);
  for (const char* word :
       {"orders.events", "partition", "MSG_SIZE_TOO_LARGE", "max.message.bytes"}) {
    CHECK(item.at("reason").get<std::string>().find(word) != std::string::npos);
  }
  // Kafka has not changed its mind.
  const auto again = system.run({"held-events", "release", cancelled, "--reason", "too early"});
  INFO(again.output);
  CHECK(again.exit_code == 1);

  system.kafka().configure_topic("orders.events", "max.message.bytes", "1000000");
  // The broker takes the setting on a moment after it has said so.
  wait_until("the event goes out", [&] {
    const auto done =
        system.run({"held-events", "release", "--all", "--reason", "it has room now"});
    return held() == 0 && done.exit_code == 0;
  });
  CHECK(system.database().number("SELECT count(*) FROM ops.audit_log WHERE subject = '" +
                                 cancelled + "' AND action = 'saga.release_events'") >= 2);
  system.conclude();
}

TEST_CASE("a dead letter that its topic no longer takes says so", "[integration]") {
  System system({.name = "letter"});
  const Shop shop(system);
  system.kafka().produce(
      "payments.commands", 0,
      {.key = "key", .body = std::string(500, 'x'), .headers = {{"ce_source", "/test/letter"}}});
  const auto open = [&] {
    return system.database().text(
        "SELECT coalesce(min(id::text), '') FROM payments.dead_letters WHERE resolved_at IS NULL");
  };
  wait_until("it is a dead letter", [&] { return !open().empty(); });
  system.kafka().configure_topic("payments.commands", "max.message.bytes", "300");
  Answer refused;
  // The broker takes the setting on a moment after it has said so.
  wait_until("Kafka refuses it", [&] {
    const auto id = open();
    if (id.empty()) return false;
    refused =
        shop.http().post("/admin/dead-letters/" + id + "/replay", nullptr, operator_headers());
    return refused.status != 200;
  });
  CHECK(refused.status == 409);
  CHECK(refused.body.find("max.message.bytes") != std::string::npos);
  system.conclude();
}

TEST_CASE("check-config says what Kafka will refuse", "[integration]") {
  System system({.name = "checked"});
  const Environment secret{{"ORDERFLOW_KAFKA_SASL_PASSWORD", "hunter2"}};
  const auto sound = system.run({"check-config"});
  INFO(sound.output);
  CHECK(sound.exit_code == 0);
  system.kafka().configure_topic("orders.events", "max.message.bytes", "700");
  system.kafka().configure_topic("orders.inbox", "cleanup.policy", "compact");
  CommandResult refusing;
  // The broker takes settings on a moment after it has said so.
  wait_until("both topics are named", [&] {
    refusing = system.run({"check-config"}, secret);
    return refusing.output.find("cleanup.policy=compact") != std::string::npos &&
           refusing.output.find("max.message.bytes=700") != std::string::npos;
  });
  CHECK(refusing.exit_code == 1);
  CHECK(refusing.output.find("hunter2") == std::string::npos);
  wait_until("readiness names them", [&] {
    return readiness(system, "api").find("max.message.bytes=700") != std::string::npos;
  });
  const auto nobody = system.run({"check-config"}, {{"KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"}});
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.output.find("check KAFKA_BOOTSTRAP_SERVERS") != std::string::npos);
  CHECK(system.run({"check-config", "--offline"}).exit_code == 0);
  for (const auto& [topic, name, value] :
       {std::tuple{"orders.events", "max.message.bytes", "1048588"},
        std::tuple{"orders.inbox", "cleanup.policy", "delete"}}) {
    system.kafka().configure_topic(topic, name, value);
  }
  system.conclude();
}

// Nothing is refused then, and nothing is stored.
TEST_CASE("a topic that wants more replicas than it has is named, and goes on when that is mended",
          "[integration]") {
  System system({.name = "in-sync"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.kafka().configure_topic("payments.commands", "min.insync.replicas", "2");
  wait_until("the orchestrator is not ready, and says why", [&] {
    return !system.ready("orchestrator") &&
           readiness(system, "orchestrator").find("min.insync.replicas=2") != std::string::npos;
  });
  const auto waiting = shop.place();
  system.kafka().configure_topic("payments.commands", "min.insync.replicas", "1");
  CHECK(shop.await_end(waiting) == "DELIVERED");
  system.wait_ready("orchestrator");
  system.conclude();
}

TEST_CASE("topics that take no timestamp of the past stop nothing", "[integration]") {
  System system({.name = "timestamps"});
  const Shop shop(system);
  for (const char* topic :
       {"orders.inbox", "orders.events", "payments.commands", "delivery.commands"}) {
    system.kafka().configure_topic(topic, "message.timestamp.before.max.ms", "1");
  }
  std::vector<std::string> orders;
  for (int i = 0; i < 5; ++i) orders.push_back(shop.place());
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

// A consumer of the test's own in a role's group.
class StrangeMember {
 public:
  StrangeMember(const std::string& group, const std::string& topic, const char* assignor) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char error[256];
    for (const auto& [name, value] :
         {std::pair<std::string, std::string>{"bootstrap.servers",
                                              required_variable("ORDERFLOW_TEST_KAFKA")},
          {"group.id", group},
          {"partition.assignment.strategy", assignor}}) {
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error);
    }
    handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    rd_kafka_poll_set_consumer(handle_);
    rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(handle_, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    wait_until("the stranger is given partitions", [this] {
      if (rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_, 100)) {
        rd_kafka_message_destroy(message);
      }
      rd_kafka_topic_partition_list_t* given = nullptr;
      rd_kafka_assignment(handle_, &given);
      const bool any = given->cnt > 0;
      rd_kafka_topic_partition_list_destroy(given);
      return any;
    });
  }
  ~StrangeMember() {
    rd_kafka_consumer_close(handle_);
    rd_kafka_destroy(handle_);
  }
  StrangeMember(const StrangeMember&) = delete;
  StrangeMember& operator=(const StrangeMember&) = delete;

 private:
  rd_kafka_t* handle_ = nullptr;
};

// It was ready, and did nothing.
TEST_CASE("a stranger in a role's consumer group is named, and the role goes on when it has left",
          "[integration]") {
  System system({.name = "stranger"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  const std::string group = system.prefix() + "orderflow-payments";
  const std::string topic = system.prefix() + "payments.commands";
  CHECK(system.process("payments").terminate() == 0);
  std::string waiting;
  {
    const StrangeMember stranger(group, topic, "roundrobin");
    system.start("payments", {}, false);
    wait_until("payments is not ready, and says why", [&] {
      return !system.ready("payments") &&
             readiness(system, "payments").find("another assignor") != std::string::npos;
    });
    waiting = shop.place();
    wait_until("the others name it, too", [&] {
      return readiness(system, "api").find("another program") != std::string::npos;
    });
    CHECK(system.ready("api"));
    const auto checked = system.run({"check-config"});
    CHECK(checked.exit_code == 1);
    CHECK(checked.output.find("another program") != std::string::npos);
  }
  CHECK(shop.await_end(waiting) == "DELIVERED");
  system.wait_ready("payments");
  system.conclude();
}

// The first debited its own accounts for the second's orders.
TEST_CASE("a second installation on the same topics is refused, and moves nobody's money",
          "[integration]") {
  // As quotas go by client id; it must not hide whose members they are.
  const Environment::value_type client_id{"ORDERFLOW_KAFKA_CLIENT_ID", "shop"};
  System first({.name = "first", .settings = {client_id}});
  const Shop shop(first);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  CHECK(readiness(first, "api").find("another program") == std::string::npos);
  System second({.name = "second",
                 .settings = {client_id, {"ORDERFLOW_TOPIC_PREFIX", first.prefix()}},
                 .roles = {}});
  for (const auto& role : system_roles()) second.start(role, {}, false);
  for (const auto& role : system_roles()) {
    wait_until(role + " of the second says why it is not ready", [&, role] {
      return readiness(second, role).find("ORDERFLOW_TOPIC_PREFIX") != std::string::npos;
    });
  }
  CHECK_FALSE(second.ready("api"));
  const auto checked = second.run({"check-config"});
  CHECK(checked.exit_code == 1);
  CHECK(checked.output.find("ORDERFLOW_TOPIC_PREFIX of its own") != std::string::npos);
  const Shop other_shop(second);
  for (int i = 0; i < 5; ++i) (void)other_shop.place();
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  CHECK(first.database().number("SELECT count(*) FROM payments.payments") == 2);
  CHECK(second.database().number("SELECT count(*) FROM payments.payments") == 0);
  first.conclude();
}

}  // namespace
}  // namespace orderflow::testing
