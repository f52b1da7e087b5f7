#include "tests/support/system.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <iostream>
#include <sstream>
#include <utility>

#include "events/roles.hpp"
#include "tests/support/dead_letters.hpp"
#include "tests/support/mass_reader.hpp"
#include "tests/support/report.hpp"
#include "tests/support/shards.hpp"

namespace orderflow::testing {
namespace {

constexpr const char* kOperatorKey = "a-key-for-tests";
constexpr int kBrokerPort = 5;
constexpr int kPostgresPort = 6;
constexpr int kKafkaPort = 7;
constexpr int kControllerPort = 8;
constexpr int kSecondBase = 9;
constexpr int kThirdBase = 12;
constexpr int kKafkaProxiedPort = 15;
constexpr std::size_t kProblemsShown = 20;
// For a database of a million orders.
constexpr Millis kAuditPatience{1'800'000};

std::string new_prefix() {
  static std::atomic<int> counter{0};
  return "t" + std::to_string(::getpid()) + "n" + std::to_string(++counter) + ".";
}

// The role of a process that may be the second or third of it, and where its ports begin.
std::pair<std::string, int> role_and_base(const std::string& name) {
  if (name.ends_with("-2")) return {name.substr(0, name.size() - 2), kSecondBase};
  if (name.ends_with("-3")) return {name.substr(0, name.size() - 2), kThirdBase};
  return {name, 0};
}

}  // namespace

BrokerKind broker_kind() {
  const char* value = std::getenv("ORDERFLOW_TEST_BROKER");
  const std::string name = value == nullptr ? "embedded" : value;
  if (name != "embedded" && name != "kafka") FAIL("ORDERFLOW_TEST_BROKER is " << name);
  return name == "kafka" ? BrokerKind::kKafka : BrokerKind::kEmbedded;
}

Headers operator_headers() { return {{"X-Internal-API-Key", kOperatorKey}, {"X-Operator", "eve"}}; }

Environment test_settings() {
  return {
      {"INTERNAL_API_KEY", kOperatorKey},
      {"ORDERFLOW_PAYMENT_TIMEOUT", "700ms"},
      {"ORDERFLOW_DELIVERY_TIMEOUT", "700ms"},
      {"ORDER_CONSUMER_BACKOFF_INITIAL", "50ms"},
      {"ORDERFLOW_RETRY_BACKOFF_MAX", "500ms"},
      {"ORDERFLOW_PROBE_INTERVAL", "500ms"},
      {"ORDERFLOW_CARRIER_TIME", "300ms"},
      {"ORDERFLOW_HTTP_READ_TIMEOUT", "2s"},
      {"ORDERFLOW_SIMULATION_MAGIC", "1"},
      {"LOG_LEVEL", "debug"},
      // Whatever machine the tests run on.
      {"ORDERFLOW_PARTITIONS", "8"},
      // Owners are killed and stopped here, and no order is to be turned away because of it.
      {"ORDERFLOW_FETCH_WAIT", "10ms"},
      {"ORDERFLOW_BACKLOG_AGE_LIMIT", "10m"},
  };
}

System::System(SystemOptions options)
    : options_(std::move(options)), folder_(options_.name), database_(""), http_(ports_.port(0)) {
  register_system(this);
  prepare_database();
  if (broker_kind() == BrokerKind::kEmbedded) {
    bootstrap_ = "127.0.0.1:" + std::to_string(ports_.port(kBrokerPort));
    launch("broker", "broker", {});
    wait_ready("broker");
  } else {
    prefix_ = new_prefix();
    if (options_.own_broker) {
      KafkaPorts ports{ports_.port(kKafkaPort), ports_.port(kControllerPort)};
      if (options_.kafka_proxy_port != 0) {
        ports.proxied = kafka_proxied_port();
        ports.proxy = options_.kafka_proxy_port;
      }
      kafka_ = std::make_unique<PrivateKafka>(folder_.path() / "kafka", ports);
      bootstrap_ = kafka_->bootstrap_servers();
    } else {
      bootstrap_ = required_variable("ORDERFLOW_TEST_KAFKA");
    }
  }
  consumer_ = std::make_unique<OutsideConsumer>(bootstrap_, prefix_ + "orders.events");
  for (const auto& role : options_.roles) launch(role, role, {});
  for (const auto& role : options_.roles) wait_ready(role);
}

System::~System() {
  unregister_system(this);
  // In order, so that each may still say goodbye to what it needs; whoever does not is killed.
  for (auto& [name, process] : processes_) {
    if (name != "broker") process->signal(SIGCONT), process->signal(SIGTERM);
  }
  for (auto& [name, process] : processes_) {
    if (name != "broker") (void)holds_within(Millis{10'000}, [&] { return !process->running(); });
  }
  consumer_.reset();
}

void System::prepare_database() {
  if (options_.own_postgres) {
    postgres_ =
        std::make_unique<PrivatePostgres>(folder_.path() / "postgres", ports_.port(kPostgresPort));
    own_database_ = std::make_unique<TestDatabase>(postgres_->url());
  } else {
    own_database_ =
        std::make_unique<TestDatabase>(required_variable("ORDERFLOW_TEST_DATABASE_URL"));
  }
  database_ = Database(own_database_->url());
  for (const char* tool : {"migrate", "seed"}) {
    const auto done = run({tool});
    if (done.exit_code != 0) FAIL("orderflow " << tool << ": " << done.output);
  }
}

Environment System::environment(const Environment& more) const {
  Environment all = neutral_environment();
  const auto add = [&all](const Environment& settings) {
    for (const auto& [name, value] : settings) all[name] = value;
  };
  add(test_settings());
  add({{"DATABASE_URL", database_.url()},
       {"KAFKA_BOOTSTRAP_SERVERS", bootstrap_},
       {"ORDERFLOW_TOPIC_PREFIX", prefix_},
       {"ORDERFLOW_HTTP_PORT", std::to_string(ports_.port(0))},
       {"ORDERFLOW_METRICS_PORT_BASE", std::to_string(ports_.port(0))},
       {"ORDERFLOW_BROKER_PORT", std::to_string(ports_.port(kBrokerPort))},
       {"ORDERFLOW_HTTP_THREADS", "2"}});
  add(options_.settings);
  add(more);
  return all;
}

std::uint16_t System::monitor_port(const std::string& role) const {
  const auto [name, base] = role_and_base(role);
  if (name == "all") return ports_.port(0);
  const events::Role* row = events::find_role(name);
  if (row == nullptr) give_up("no role " + role);
  return ports_.port(base + row->metrics_port_offset);
}

HttpClient System::monitor(const std::string& role) const {
  return HttpClient(monitor_port(role), HttpClient::Check::kNone);
}

std::uint16_t System::postgres_port() const { return ports_.port(kPostgresPort); }

std::uint16_t System::kafka_proxied_port() const { return ports_.port(kKafkaProxiedPort); }

PrivatePostgres& System::postgres() {
  if (!postgres_) FAIL("this installation does not own its PostgreSQL");
  return *postgres_;
}

PrivateKafka& System::private_kafka() {
  if (!kafka_) FAIL("this installation does not own its Kafka");
  return *kafka_;
}

void System::launch(const std::string& role, const std::string& name, const Environment& settings) {
  // A test may bring another build of the program.
  const auto other = settings.find("ORDERFLOW_TEST_BINARY");
  const std::string binary =
      other == settings.end() ? required_variable("ORDERFLOW_TEST_BINARY") : other->second;
  processes_[name] = std::make_unique<Process>(ProcessOptions{name,
                                                              {binary, role},
                                                              environment(settings),
                                                              folder_.path() / (name + ".log"),
                                                              folder_.path(),
                                                              {}});
}

Process& System::process(const std::string& role) {
  const auto found = processes_.find(role);
  if (found == processes_.end()) FAIL("there is no process " << role);
  return *found->second;
}

bool System::ready(const std::string& role) const {
  // A broker's readiness is that it answers its clients.
  if (role == "broker") return kafka().answers();
  const auto answer = monitor(role).try_request("GET", "/health/ready", {}, {}, Millis{2'000});
  return answer && answer->status == 200;
}

void System::wait_ready(const std::string& role) {
  wait_until([&] { return role + " becomes ready; its log:\n" + process(role).log_tail(); },
             [&] {
               if (!process(role).running())
                 FAIL(role << " ended; its log:\n" << process(role).log_tail());
               return ready(role);
             });
}

void System::start(const std::string& role, const Environment& settings, bool await_ready) {
  launch(role, role, settings);
  if (await_ready) wait_ready(role);
}

void System::restart(const std::string& role, const Environment& settings) {
  const int code = process(role).terminate();
  if (code != 0) FAIL(role << " ended with " << code << "; its log:\n" << process(role).log_tail());
  start(role, settings);
}

void System::kill(const std::string& role) { process(role).kill(); }

void System::start_second(const std::string& role, const Environment& settings) {
  start_another(role, 2, settings);
  wait_ready(role + "-2");
}

void System::start_another(const std::string& role, int number, const Environment& settings) {
  const std::string name = role + "-" + std::to_string(number);
  Environment all = settings;
  all["ORDERFLOW_METRICS_PORT_BASE"] = std::to_string(ports_.port(role_and_base(name).second));
  launch(role, name, all);
}

void System::stop_second(const std::string& role) {
  process(role + "-2").thaw();
  if (process(role + "-2").terminate() != 0) FAIL(role << "-2 did not end in order");
  processes_.erase(role + "-2");
}

void System::stop_broker() {
  if (broker_kind() == BrokerKind::kEmbedded) return process("broker").kill();
  if (!kafka_) FAIL("this installation does not own its broker");
  kafka_->kill();
}

void System::start_broker() {
  if (broker_kind() == BrokerKind::kEmbedded) {
    start("broker");
    // What nobody had read is gone; the tests that kill it know that.
    consumer_->start_again(true);
  } else {
    kafka_->start();
  }
}

void System::wipe_broker() {
  if (broker_kind() == BrokerKind::kEmbedded) {
    stop_broker();
    return start_broker();
  }
  if (!kafka_) FAIL("this installation does not own its broker");
  kafka_->wipe();
  consumer_->start_again(true);
}

void System::lose_messages() {
  consumer_->catch_up();
  if (broker_kind() == BrokerKind::kEmbedded) {
    stop_broker();
    start("broker");
    return consumer_->start_again(false);
  }
  for (const auto& topic : owned_topics()) kafka().delete_records(topic);
}

CommandResult System::run(const std::vector<std::string>& arguments, const Environment& settings,
                          Millis deadline) const {
  std::vector<std::string> command = {required_variable("ORDERFLOW_TEST_BINARY")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command, environment(settings), folder_.path(), deadline);
}

double System::metric(const std::string& role, const std::string& name,
                      const std::vector<std::string>& labels) const {
  std::istringstream lines(monitor(role).get("/metrics").body);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const char after = line.size() > name.size() ? line[name.size()] : ' ';
    if (after != '{' && after != ' ') continue;
    bool all = true;
    for (const auto& label : labels) all = all && line.find(label) != std::string::npos;
    if (all) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

void System::verify_histories() {
  std::vector<std::string> changed;
  for (const auto& row : database_.rows("SELECT order_id, event_sequence FROM orders.sagas")) {
    const auto count = std::stoll(row.at(1).value());
    if (std::exchange(verified_[row.at(0).value()], count) != count) {
      changed.push_back(row.at(0).value());
    }
  }
  const auto problems = read_all(
      http_.port(), changed.size(),
      [&](std::size_t i) { return "/orders/" + changed[i] + "/events?limit=200"; },
      [&](std::size_t i, const Answer& answer) {
        const auto page = nlohmann::json::parse(answer.body);
        return consumer_->difference(changed[i], page.at("items"));
      },
      kProblemsShown);
  for (const auto& problem : problems) FAIL_CHECK(problem);
  if (!problems.empty()) FAIL("the outside consumer was told something else than the API tells");
}

void System::conclude() {
  verify_histories();
  consumer_->verify_no_violations();
  const auto letters =
      database_.rows(std::string("SELECT topic, reason, convert_from(body, 'UTF8') FROM ") +
                     kDeadLetters + "WHERE headers::text NOT LIKE '%/test/%'");
  if (!letters.empty()) {
    FAIL("a message of ours is a dead letter in " << letters[0][0].value() << ": "
                                                  << letters[0][1].value() << ": "
                                                  << letters[0][2].value());
  }
  const std::string misplaced = rows_in_wrong_shards(database_);
  if (!misplaced.empty()) FAIL(misplaced);
  // Where everything has ended, nothing may be excused as being under way.
  const bool at_rest =
      database_.number(
          "SELECT (SELECT count(*) FROM orders.sagas WHERE live) + (SELECT count(*) "
          "FROM delivery.deliveries WHERE live)") == 0;
  const auto audit =
      at_rest ? run({"audit", "--strict"}, {}, kAuditPatience) : run({"audit"}, {}, kAuditPatience);
  if (audit.exit_code != 0)
    FAIL("orderflow audit says " << audit.exit_code << ": " << audit.output);
}

std::string System::log_tails(std::size_t lines) const {
  std::string out;
  for (const auto& [name, process] : processes_) {
    out += "--- " + name + (process->running() ? "" : " (ended)") + "\n" + process->log_tail(lines);
  }
  return out;
}

std::string System::log(const std::string& role) const {
  return read_text(folder_.path() / (role + ".log"));
}

WithSettings::~WithSettings() {
  try {
    system_.restart(role_);
  } catch (...) {
    std::cerr << role_ << " could not be given its own settings back\n";
  }
}

}  // namespace orderflow::testing
