#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_tool.hpp"
#include "tests/support/outside_consumer.hpp"
#include "tests/support/private_servers.hpp"
#include "tests/support/process.hpp"
#include "tests/support/roles.hpp"

namespace orderflow::testing {

enum class BrokerKind { kEmbedded, kKafka };

// From ORDERFLOW_TEST_BROKER (embedded, which is the default, or kafka): the same tests run on
// both.
[[nodiscard]] BrokerKind broker_kind();

struct SystemOptions {
  std::string name = "system";
  Environment settings;       // Over test_settings(), for every role.
  bool own_postgres = false;  // To be killed; otherwise a database on the cluster given.
  bool own_broker = false;    // To be killed or wiped. The embedded broker is always our own.
  // Of a proxy before our own Kafka: clients that come by kafka_proxied_port() are sent there.
  std::uint16_t kafka_proxy_port = 0;
  std::vector<std::string> roles = system_roles();
};

// Time-outs and pauses short enough for tests; operator routes are open to operator_headers().
[[nodiscard]] Environment test_settings();
[[nodiscard]] Headers operator_headers();

// One running installation of the real executable: a database, a broker, each role a process, and
// the outside consumer beside it. Everything ends with the object. Used from the test's main
// thread; http() may be used from any.
class System {
 public:
  explicit System(SystemOptions options = {});
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  [[nodiscard]] const HttpClient& http() const { return http_; }
  // Health and metrics of a role: the API's own port, or the role's.
  [[nodiscard]] HttpClient monitor(const std::string& role) const;
  [[nodiscard]] const Database& database() const { return database_; }
  [[nodiscard]] KafkaTool kafka() const { return {bootstrap_, prefix_}; }
  [[nodiscard]] OutsideConsumer& consumer() { return *consumer_; }
  [[nodiscard]] PrivatePostgres& postgres();
  [[nodiscard]] PrivateKafka& private_kafka();
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  // What a proxy leads to.
  [[nodiscard]] std::uint16_t postgres_port() const;
  [[nodiscard]] std::uint16_t kafka_proxied_port() const;

  // Sum of the samples of a metric whose labels contain every text given, e.g. `step="payment"`.
  [[nodiscard]] double metric(const std::string& role, const std::string& name,
                              const std::vector<std::string>& labels = {}) const;

  [[nodiscard]] Process& process(const std::string& role);
  // Starts a role that is not running, with more settings than the installation's.
  void start(const std::string& role, const Environment& settings = {}, bool await_ready = true);
  // Stops it in order and starts it again.
  void restart(const std::string& role, const Environment& settings = {});
  void kill(const std::string& role);
  // One more process of that role, on ports of its own; it is named "<role>-2".
  void start_second(const std::string& role, const Environment& settings = {});
  void stop_second(const std::string& role);
  // The same without waiting; "<role>-2", or "<role>-3" (only an orchestrator has ports for that).
  void start_another(const std::string& role, int number, const Environment& settings = {});
  void wait_ready(const std::string& role);
  [[nodiscard]] bool ready(const std::string& role) const;

  // The broker ends without a word and comes back; the embedded one has then forgotten everything.
  void stop_broker();
  void start_broker();
  // The broker comes back and remembers nothing, not even what nobody had read. Own broker only.
  void wipe_broker();
  // Everything in topics other than orders.events is forgotten, as if it had never been sent.
  void lose_messages();

  // Runs a tool of the executable (`audit`, `check-config`) against this installation.
  [[nodiscard]] CommandResult run(const std::vector<std::string>& arguments,
                                  const Environment& settings = {},
                                  Millis deadline = Millis{60'000}) const;

  // How every test ends: the outside consumer has each order's whole history and nothing broke a
  // promise, no message of ours became a dead letter, and `orderflow audit` is content.
  void conclude();

  // For the report of a failed test: the end of each role's log.
  [[nodiscard]] std::string log_tails(std::size_t lines = 12) const;
  [[nodiscard]] std::string log(const std::string& role) const;

 private:
  [[nodiscard]] Environment environment(const Environment& more) const;
  [[nodiscard]] std::uint16_t monitor_port(const std::string& role) const;
  void launch(const std::string& role, const std::string& name, const Environment& settings);
  void prepare_database();
  void verify_histories();

  SystemOptions options_;
  PortBlock ports_;
  TemporaryFolder folder_;
  std::unique_ptr<PrivatePostgres> postgres_;
  std::unique_ptr<TestDatabase> own_database_;
  std::unique_ptr<PrivateKafka> kafka_;
  std::string bootstrap_;
  std::string prefix_;
  Database database_;
  HttpClient http_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
  std::unique_ptr<OutsideConsumer> consumer_;
  std::map<std::string, std::int64_t> verified_;  // Events checked so far, by order.
};

// The installation that tests share which do not disturb it; started on first use, ended after the
// last test. Its settings are test_settings().
[[nodiscard]] System& shared_system();

// Gives a role other settings until the end of the scope.
class WithSettings {
 public:
  WithSettings(System& system, std::string role, const Environment& settings)
      : system_(system), role_(std::move(role)) {
    system_.restart(role_, settings);
  }
  // Back to the installation's own; the test is over if that fails, so it must not throw.
  ~WithSettings();
  WithSettings(const WithSettings&) = delete;
  WithSettings& operator=(const WithSettings&) = delete;

 private:
  System& system_;
  std::string role_;
};

}  // namespace orderflow::testing
