#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/support/instance.hpp"
#include "tests/support/outside_consumer.hpp"
#include "tests/support/private_servers.hpp"
#include "tests/support/shop.hpp"

// What a person does with ./orderflow, and what they are told when something is wrong.
namespace orderflow::testing {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t lines_of(const std::string& text) {
  std::istringstream in(text);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) count += line.empty() ? 0 : 1;
  return count;
}

// The commands that `up` prints to be pasted, as they stand.
std::string printed_commands(const std::string& output) {
  std::istringstream in(output);
  std::string commands;
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    const auto text = line.substr(begin);
    if (text.starts_with("ORDER=") || text.starts_with("curl ")) commands += text + "\n";
  }
  return commands;
}

// What the summary of `up` says behind a label.
std::string text_behind(const std::string& output, const std::string& label) {
  const auto at = output.find("\n  " + label);
  REQUIRE(at != std::string::npos);
  const auto begin = at + label.size() + 3;
  return output.substr(begin, output.find('\n', begin) - begin);
}

void check_stories(const Shop& shop, OutsideConsumer& consumer) {
  const auto alice = shop.user("alice");
  const auto bob = shop.user("bob");
  const auto headphones = shop.new_product(29'999);
  const auto paid = shop.place(alice, headphones);
  CHECK(shop.await_end(paid) == "DELIVERED");
  CHECK(shop.balance(alice) == 20'001);
  const auto failed = shop.place(bob, headphones, 2);
  CHECK(shop.await_end(failed) == "PAYMENT_FAILED");
  CHECK(shop.order(failed).at("failure").at("code") == "insufficient_funds");
  const auto refund = shop.await_job(shop.refund(shop.order(paid).at("payment_id"), nullptr));
  CHECK(refund.at("state") == "done");
  CHECK(shop.balance(alice) == 50'000);
  const auto paid_in = shop.http().post(
      "/users/" + bob + "/balance", {{"amount", 30'000}, {"currency", "USD"}, {"reason", "wages"}},
      {{"Idempotency-Key", fresh_key()}});
  CHECK(paid_in.status / 100 == 2);
  CHECK(shop.await_job(shop.ask(failed, "retry")).at("state") == "done");
  CHECK(shop.await_end(failed) == "DELIVERED");
  CHECK(shop.balance(bob) == 2);
  for (const auto& id : {paid, failed}) CHECK(consumer.difference(id, shop.history(id)).empty());
  consumer.verify_no_violations();
}

TEST_CASE("a day with ./orderflow", "[e2e]") {
  Instance instance;
  const auto output = instance.up("embedded");
  const Shop shop(instance.http());
  OutsideConsumer consumer(instance.bootstrap_servers(), "orders.events");
  CHECK(contains(output, "http://127.0.0.1:" + std::to_string(instance.http_port())));
  check_stories(shop, consumer);

  // The printed lines, pasted. The event stream has no end of its own, so curl is given one.
  const auto commands = printed_commands(output);
  CHECK(lines_of(commands) == 3);
  const auto pasted = instance.shell("curl() { command curl --max-time 5 \"$@\"; }\n" + commands);
  INFO(commands << pasted.output);
  CHECK(contains(pasted.output, "\"terminal\""));
  CHECK(contains(pasted.output, "OrderPlaced"));
  // Also where the folder's name has to be quoted.
  const auto session = instance.shell("unset ORDERFLOW_STATE_DIR\n" +
                                      text_behind(output, "PostgreSQL ") + " -Atc 'SELECT 41 + 1'");
  INFO(session.output);
  CHECK(contains(session.output, "42"));

  const auto status = instance.orderflow({"status"});
  CHECK(status.exit_code == 0);
  for (const char* role : {"postgres", "broker", "api", "orchestrator", "payments", "delivery"}) {
    INFO(status.output);
    CHECK(contains(status.output, role));
    CHECK(instance.pid_of(role) > 0);
  }
  const auto logs = instance.orderflow({"logs", "orchestrator"});
  CHECK(logs.exit_code == 0);
  CHECK(contains(logs.output, "\"role\":\"orchestrator\""));
  const auto no_log = instance.orderflow({"logs", "nobody"});
  CHECK(no_log.exit_code != 0);
  CHECK(contains(no_log.output, "orchestrator"));
  CHECK(instance.sql("SELECT 1") == "1");

  const auto again = instance.orderflow({"up", "--detach"});
  INFO(again.output);
  CHECK(again.exit_code == 0);
  CHECK(contains(again.output, "lready running"));

  Instance other;
  const auto busy = other.orderflow(
      {"up", "--detach"}, {{"ORDERFLOW_HTTP_PORT", std::to_string(instance.http_port())}});
  INFO(busy.output);
  CHECK(busy.exit_code != 0);
  CHECK(contains(busy.output, std::to_string(instance.http_port())));
  CHECK(contains(busy.output, "ORDERFLOW_HTTP_PORT"));

  const auto audit = instance.orderflow({"audit"});
  INFO(audit.output);
  CHECK(audit.exit_code == 0);

  CHECK(instance.orderflow({"down"}).exit_code == 0);
  const auto stopped = instance.orderflow({"status"});
  CHECK(stopped.exit_code == 1);
  CHECK(contains(stopped.output, "not running"));
  CHECK(instance.orderflow({"down"}).exit_code == 0);

  // Down is not wipe: what was ordered is still there.
  (void)instance.up("embedded");
  CHECK(shop.balance(shop.user("bob")) == 2);
}

TEST_CASE("an order on real Kafka, by a flag", "[e2e]") {
  Instance instance;
  (void)instance.up("kafka");
  const Shop shop(instance.http());
  OutsideConsumer consumer(instance.bootstrap_servers(), "orders.events");
  check_stories(shop, consumer);
  const auto audit = instance.orderflow({"audit"});
  INFO(audit.output);
  CHECK(audit.exit_code == 0);
  CHECK(instance.orderflow({"down"}).exit_code == 0);
}

TEST_CASE("an installation elsewhere than on 127.0.0.1, with several processes of a role",
          "[e2e]") {
  const Instance instance({{"ORDERFLOW_HTTP_HOST", "127.0.0.2"}, {"ORDERFLOW_PROCESSES", "2"}});
  const std::string port = std::to_string(instance.http_port());
  const auto output = instance.orderflow({"up", "--detach"});
  INFO(output.output);
  REQUIRE(output.exit_code == 0);
  CHECK(contains(output.output, "http://127.0.0.2:" + port));
  const auto ready = [&](int at) {
    const auto url = "http://127.0.0.2:" + std::to_string(at) + "/health/ready";
    return instance.shell("curl -sf -o /dev/null " + url).exit_code == 0;
  };
  const auto base = static_cast<int>(instance.http_port());
  for (const auto& [name, expected] :
       {std::pair("api", base), std::pair("payments", base + 2), std::pair("payments-2", base + 12),
        std::pair("delivery-2", base + 13)}) {
    INFO(name);
    CHECK(instance.port_of(name) == expected);
    CHECK(ready(expected));
  }
  CHECK(contains(instance.orderflow({"status"}).output, "port " + std::to_string(base + 12)));

  // One more, by hand, on ports of its own; its end gives them back.
  const auto own = std::to_string(base + 13);
  const auto joined = instance.shell(
      "ORDERFLOW_METRICS_PORT_BASE=" + own + " " + required_variable("ORDERFLOW_TEST_REPO") +
      "/orderflow payments & p=$!; for i in $(seq 300); do curl -sf -o /dev/null "
      "http://127.0.0.2:" +
      std::to_string(base + 15) + "/health/live && break; sleep 0.1; done; " +
      required_variable("ORDERFLOW_TEST_REPO") + "/orderflow status; kill $p; wait $p");
  INFO(joined.output);
  CHECK(contains(joined.output, "payments-3"));
  CHECK(contains(joined.output, "port " + std::to_string(base + 15)));
  CHECK_FALSE(contains(instance.orderflow({"status"}).output, "payments-3"));

  const auto busy = instance.orderflow(
      {"payments"}, {{"ORDERFLOW_METRICS_PORT_BASE", std::to_string(base + 10)}});
  INFO(busy.output);
  CHECK(busy.exit_code == 2);
  CHECK(contains(busy.output, "port " + std::to_string(base + 12)));
  CHECK(contains(busy.output, "ORDERFLOW_METRICS_PORT_BASE"));
  CHECK(instance.orderflow({"down"}).exit_code == 0);
}

TEST_CASE("every command says what it takes and ends well", "[e2e]") {
  const Instance instance;
  for (const char* command :
       {"up",           "down",        "status",       "logs",     "psql",     "wipe",
        "test",         "lint",        "fuzz",         "mutate",   "bench",    "sagas",
        "dead-letters", "held-events", "audit",        "migrate",  "seed",     "check-config",
        "repartition",  "api",         "orchestrator", "payments", "delivery", "broker",
        "all",          "version",     "crash-points"}) {
    const auto done = instance.orderflow({command, "--help"});
    INFO(command << ":\n" << done.output);
    CHECK(done.exit_code == 0);
    CHECK(contains(done.output, command));
    CHECK((contains(done.output, "sage:") || contains(done.output, "sage ")));
  }
}

TEST_CASE("settings stand in a file beside the script, which executes none of it", "[e2e]") {
  const Instance instance;
  const auto path = instance.folder() / ".env";
  const auto marker = instance.folder() / "executed";
  std::ofstream(path)
      << "\xef\xbb\xbfORDERFLOW_PROCESSES=3\nexport LOG_LEVEL=warning # fewer lines\n"
      << "ORDERFLOW_PROCESES=3\nDATABSE_URL=x\nPGUSER=y\nINTERNAL_API_KEY='$(touch "
      << marker.string() << ")'\nORDERFLOW_CARRIER_TIME=5s\n";
  const Environment env{{"ORDERFLOW_ENV_FILE", path.string()}, {"LOG_LEVEL", ""}};
  const auto done = instance.orderflow({"check-config", "--offline"}, env);
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK(contains(done.output, "ORDERFLOW_PROCESSES=3  (" + path.string() + ")"));
  CHECK(contains(done.output, "LOG_LEVEL=warning  (" + path.string() + ")"));
  // The environment wins.
  CHECK(contains(done.output, "ORDERFLOW_CARRIER_TIME=300ms  (environment)"));
  CHECK(contains(done.output, "did you mean ORDERFLOW_PROCESSES?"));
  CHECK(contains(done.output, "did you mean DATABASE_URL?"));
  CHECK_FALSE(contains(done.output, "touch"));
  CHECK_FALSE(std::filesystem::exists(marker));
}

TEST_CASE("a session in the database shows no password to others on the machine", "[e2e]") {
  const Instance instance;
  // Says what it was given, as ps would.
  const auto psql = instance.folder() / "psql";
  std::ofstream(psql) << "#!/bin/sh\necho \"$@\" / ${#PGPASSWORD}\n";
  std::filesystem::permissions(psql, std::filesystem::perms::owner_all);
  const auto secret = instance.folder() / "url";
  std::ofstream(secret) << "postgresql://u:hunter2@127.0.0.1:1/d\n";
  const auto done =
      instance.orderflow({"psql", "-c", "SELECT 1"},
                         {{"PATH", instance.folder().string() + ":" + required_variable("PATH")},
                          {"DATABASE_URL_FILE", secret.string()}});
  INFO(done.output);
  CHECK(done.exit_code == 0);
  CHECK(contains(done.output, "user=u dbname=d host=127.0.0.1 port=1 -c SELECT 1 / 7"));
}

// The files of an instance that hold a text, except for PostgreSQL's own, with their modes in
// octal.
std::map<std::string, std::string> files_that_hold(const Instance& instance,
                                                   const std::string& text) {
  std::map<std::string, std::string> found;
  const auto state = instance.state_folder();
  for (auto at = std::filesystem::recursive_directory_iterator(state); at != end(at); ++at) {
    if (at->path() == state / "postgres") at.disable_recursion_pending();
    if (!at->is_regular_file() || !contains(read_text(at->path()), text)) continue;
    std::ostringstream mode;
    mode << std::oct << static_cast<unsigned>(at->status().permissions());
    found[at->path().lexically_relative(state).string()] = mode.str();
  }
  return found;
}

TEST_CASE("only its owner can read a password in the state folder, which goes with the instance",
          "[e2e]") {
  using Files = std::map<std::string, std::string>;
  const PortBlock ports;
  const TemporaryFolder folder("outside");
  // It takes any password.
  const PrivatePostgres server(folder.path() / "postgres", ports.port(0));
  const std::string secret = "correct-horse-battery";
  const auto url = "postgres://orderflow:" + secret +
                   "@127.0.0.1:" + std::to_string(ports.port(0)) + "/postgres";
  const Instance instance;
  // Left by an interrupted one, or by a release that knew no better.
  std::filesystem::create_directories(instance.state_folder());
  for (const char* name : {"instance.env", "instance.env.new", "postgres.password"}) {
    const auto file = instance.state_folder() / name;
    std::ofstream(file).close();
    ::chmod(file.c_str(), 0644);
  }
  const auto up = instance.orderflow({"up", "--detach"}, {{"DATABASE_URL", url}});
  INFO(up.output);
  REQUIRE(up.exit_code == 0);
  CHECK(files_that_hold(instance, secret) == Files{{"instance.env", "600"}});
  // It is there for this.
  CHECK(instance.sql("SHOW port") == std::to_string(ports.port(0)));
  CHECK(instance.orderflow({"down"}).exit_code == 0);
  CHECK(files_that_hold(instance, secret).empty());

  (void)instance.orderflow({"up", "--detach"});
  const auto generated = read_text(instance.state_folder() / "postgres.password");
  REQUIRE(generated.size() > 20);
  CHECK(files_that_hold(instance, generated) == Files{{"postgres.password", "600"}});
}

TEST_CASE("whoever interrupts a start in the background has nothing running", "[e2e]") {
  const Instance instance;
  // As Ctrl-C does it: every process of the terminal's gets the signal. The supervisor writes its
  // status first of all.
  const auto interrupted = instance.shell(
      "set -m; " + required_variable("ORDERFLOW_TEST_REPO") +
      "/orderflow up --detach & until [ -s \"$ORDERFLOW_STATE_DIR/status.json\" ] || "
      "! kill -0 $!; do sleep 0.02; done; kill -INT -- -$!; wait $!");
  INFO(interrupted.output);
  CHECK(interrupted.exit_code == 130);
  CHECK(contains(interrupted.output, "everything stopped"));
  CHECK_FALSE(contains(interrupted.output, "Running in the background"));
  const auto status = instance.orderflow({"status"});
  INFO(status.output);
  CHECK(status.exit_code == 1);
  CHECK(contains(status.output, "not running"));
}

TEST_CASE("a port that a connection of another program holds is told before anything starts",
          "[e2e]") {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  const auto loopback = boost::asio::ip::make_address("127.0.0.1");
  tcp::acceptor elsewhere(context, {loopback, 0});
  tcp::socket outgoing(context);
  outgoing.connect(elsewhere.local_endpoint());
  const auto port = std::to_string(outgoing.local_endpoint().port());
  const Instance instance;
  for (const char* name : {"ORDERFLOW_PG_PORT", "ORDERFLOW_BROKER_PORT", "ORDERFLOW_HTTP_PORT"}) {
    const auto done = instance.orderflow({"up", "--detach"}, {{name, port}});
    INFO(done.output);
    CHECK(done.exit_code == 1);
    CHECK(contains(done.output, "port " + port + " for "));
    CHECK(contains(done.output, "is taken (held by a connection of "));
    CHECK(contains(done.output, std::string("choose another with ") + name));
    CHECK_FALSE(std::filesystem::exists(instance.state_folder() / "status.json"));
  }
}

TEST_CASE("what a person gets wrong is told in a line", "[e2e]") {
  const Instance instance;
  SECTION("a command that is not there") {
    const auto done = instance.orderflow({"statsu"});
    INFO(done.output);
    CHECK(done.exit_code == 2);
    CHECK(contains(done.output, "unknown role 'statsu'"));
  }
  SECTION("a flag that is not there") {
    const auto done = instance.orderflow({"up", "--dettach"});
    INFO(done.output);
    CHECK(done.exit_code == 2);
    CHECK(contains(done.output, "--dettach"));
  }
  SECTION("a broker that is not there") {
    const auto done = instance.orderflow({"up", "--broker", "rabbit"});
    INFO(done.output);
    CHECK(done.exit_code == 2);
    CHECK(contains(done.output, "rabbit"));
  }
  SECTION("a port that is not one") {
    const auto done = instance.orderflow({"up"}, {{"ORDERFLOW_HTTP_PORT", "eighty"}});
    INFO(done.output);
    CHECK(done.exit_code != 0);
    CHECK(contains(done.output, "ORDERFLOW_HTTP_PORT"));
  }
  SECTION("one port for two things") {
    const auto port = std::to_string(instance.http_port());
    const auto done = instance.orderflow({"up", "--detach"}, {{"ORDERFLOW_PG_PORT", port}});
    INFO(done.output);
    CHECK(done.exit_code != 0);
    CHECK(contains(done.output, "port " + port + " is meant for the HTTP API and for PostgreSQL"));
  }
  SECTION("a wipe that nobody can be asked about") {
    const auto mine = instance.state_folder() / "kafka" / "data";
    std::filesystem::create_directories(mine);
    const auto done =
        instance.shell("echo n | " + required_variable("ORDERFLOW_TEST_REPO") + "/orderflow wipe");
    INFO(done.output);
    CHECK(done.exit_code != 0);
    CHECK(contains(done.output, "wipe --yes"));
    CHECK(std::filesystem::exists(mine));
  }
  SECTION("a file where the state folder should be") {
    const auto file = (instance.folder() / "file").string();
    std::ofstream(file) << "mine";
    const auto done = instance.orderflow({"up", "--detach"}, {{"ORDERFLOW_STATE_DIR", file}});
    INFO(done.output);
    CHECK(done.exit_code != 0);
    CHECK(contains(done.output, file + " is no folder"));
  }
  SECTION("an env file that is not there") {
    const auto done = instance.orderflow({"status"}, {{"ORDERFLOW_ENV_FILE", "/nowhere/env"}});
    INFO(done.output);
    CHECK(done.exit_code != 0);
    CHECK(contains(done.output, "'/nowhere/env' cannot be read"));
    CHECK(contains(done.output, "ORDERFLOW_ENV_FILE"));
  }
  SECTION("a database of another make") {
    const auto done =
        instance.orderflow({"audit"}, {{"DATABASE_URL", "mysql://root@127.0.0.1/orders"}});
    INFO(done.output);
    CHECK(done.exit_code == 2);
    CHECK(contains(done.output, "DATABASE_URL"));
    CHECK(lines_of(done.output) == 1);
  }
  SECTION("a setting out of its bounds") {
    const auto done = instance.orderflow({"check-config"}, {{"PAYMENT_SUCCESS_RATE", "1.5"}});
    INFO(done.output);
    CHECK(done.exit_code == 2);
    CHECK(contains(done.output, "PAYMENT_SUCCESS_RATE"));
  }
}

TEST_CASE("a database that is not there ends up with its name in the message", "[e2e]") {
  const Instance instance;
  const auto done = instance.orderflow(
      {"up", "--detach"}, {{"DATABASE_URL", "postgres://nobody:secret@127.0.0.1:1/nowhere"}});
  INFO(done.output);
  CHECK(done.exit_code != 0);
  CHECK(contains(done.output, "DATABASE_URL"));
  CHECK_FALSE(contains(done.output, "secret"));
  CHECK(instance.orderflow({"status"}).exit_code == 1);
}

}  // namespace
}  // namespace orderflow::testing
