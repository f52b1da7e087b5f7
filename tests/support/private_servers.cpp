#include "tests/support/private_servers.hpp"

#include <pwd.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>

#include "tests/support/database.hpp"
#include "tests/support/kafka_tool.hpp"

namespace orderflow::testing {
namespace {

// Whoever comes by another way is nobody, and may do all.
constexpr const char* kSecurity =
    "sasl.enabled.mechanisms=PLAIN\n"
    "listener.name.secured.plain.sasl.jaas.config="
    "org.apache.kafka.common.security.plain.PlainLoginModule required user_orderflow=\"right\";\n"
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
    "super.users=User:ANONYMOUS\n";

constexpr const char* kStorePassword = "changeit";
constexpr const char* kOtherClusterId = "NkU3OEVBNTcwNTJENDM2Qw";
// A server that is asked to end waits for whoever has connected and not yet said who it is; where a
// relay swallows those words, a minute long unless told otherwise.
constexpr const char* kAuthenticationTimeout = "authentication_timeout=10s";

void give_to(const std::filesystem::path& folder, const std::string& user) {
  std::filesystem::create_directories(folder);
  if (user.empty()) return;
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr || ::chown(folder.c_str(), account->pw_uid, account->pw_gid) != 0) {
    FAIL("cannot give " << folder << " to " << user);
  }
}

}  // namespace

PrivatePostgres::PrivatePostgres(const std::filesystem::path& folder, std::uint16_t port)
    : folder_(folder),
      port_(port),
      bin_(required_variable("ORDERFLOW_TEST_PG_BIN")),
      user_(unprivileged_user()) {
  give_to(folder_, user_);
  const auto made = run_command({bin_ + "/initdb", "-D", (folder_ / "data").string(), "-U",
                                 "orderflow", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"},
                                neutral_environment(), folder_, Millis{60'000}, user_);
  if (made.exit_code != 0) FAIL("initdb: " << made.output);
  start();
}

PrivatePostgres::~PrivatePostgres() {
  // A killed server leaves children that notice; a stopped one leaves none.
  if (process_ && process_->running()) process_->signal(SIGQUIT);
}

std::string PrivatePostgres::url() const {
  return "postgresql://orderflow@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

void PrivatePostgres::start() {
  // After a kill the orphaned backends hold the shared memory for a moment, and the server then
  // refuses to start: it is asked again.
  wait_until(
      [this] { return "PostgreSQL starts; its log:\n" + process_->log_tail(); },
      [this] {
        if (!process_ || !process_->running()) {
          process_ = std::make_unique<Process>(ProcessOptions{
              "postgres",
              {bin_ + "/postgres", "-D", (folder_ / "data").string(), "-p", std::to_string(port_),
               "-k", folder_.string(), "-c", "listen_addresses=127.0.0.1", "-c",
               "max_connections=200", "-c", kAuthenticationTimeout},
              neutral_environment(),
              folder_.string() + ".log",
              folder_,
              user_});
        }
        return Database(url()).answers();
      });
}

void PrivatePostgres::stop() {
  process_->signal(SIGINT);
  (void)process_->wait_exit();
}

void PrivatePostgres::stop_immediately() {
  process_->signal(SIGQUIT);
  (void)process_->wait_exit();
}

void PrivatePostgres::kill() { process_->kill(); }

PrivateKafka::PrivateKafka(std::filesystem::path folder, KafkaPorts ports)
    : folder_(std::move(folder)),
      ports_(ports),
      libs_(required_variable("ORDERFLOW_TEST_KAFKA_LIBS")) {
  std::filesystem::create_directories(folder_);
  const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  const auto broker = at(ports_.broker);
  const auto controller = at(ports_.controller);
  const bool proxied = ports_.proxied != 0;
  const bool secured = ports_.secured != 0;
  const bool tls = ports_.tls != 0;
  if (tls) {
    for (const char* name : {"server", "other"}) make_certificate(name);
  }
  std::ofstream(folder_ / "server.properties")
      << "process.roles=broker,controller\nnode.id=1\n"
      << "listeners=PLAINTEXT://" << broker << ",CONTROLLER://" << controller
      << (proxied ? ",PROXIED://" + at(ports_.proxied) : "")
      << (secured ? ",SECURED://" + at(ports_.secured) : "")
      << (tls ? ",TLS://" + at(ports_.tls) : "") << "\n"
      << "advertised.listeners=PLAINTEXT://" << broker
      << (proxied ? ",PROXIED://" + at(ports_.proxy) : "")
      << (secured ? ",SECURED://" + at(ports_.secured) : "")
      << (tls ? ",TLS://" + at(ports_.tls) : "") << "\n"
      << "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:"
         "PLAINTEXT,SECURED:SASL_PLAINTEXT,TLS:SSL\n"
      << (secured ? kSecurity : "")
      << (tls ? "ssl.keystore.type=PKCS12\nssl.keystore.password=" + std::string(kStorePassword) +
                    "\nssl.keystore.location=" + (folder_ / "server.p12").string() + "\n"
              : "")
      << "inter.broker.listener.name=PLAINTEXT\n"
      << "controller.listener.names=CONTROLLER\n"
      << "controller.quorum.bootstrap.servers=" << controller << "\n"
      << "log.dirs=" << (folder_ / "data").string() << "\n"
      << "auto.create.topics.enable=false\n"
      << "group.initial.rebalance.delay.ms=0\n"
      // After a kill -9 the controller takes the broker back only when its old session has ended.
      << "broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n"
      // So that a test whose messages expire need not wait for minutes.
      << "log.retention.check.interval.ms=200\nlog.initial.task.delay.ms=200\n"
      // After a kill -9 Kafka reads its unfinished segments again, which takes as long as they are.
      << "log.segment.bytes=67108864\n"
      << "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n"
      << "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n";
  format();
  start();
}

std::string PrivateKafka::bootstrap_servers() const {
  return "127.0.0.1:" + std::to_string(ports_.broker);
}

// A key whose certificate it has signed itself, in a store and alone.
void PrivateKafka::make_certificate(const std::string& name) const {
  const std::string store = (folder_ / (name + ".p12")).string();
  const auto keytool = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "keytool");
    for (const char* word : {"-alias", "key", "-storepass", kStorePassword, "-keystore"}) {
      arguments.emplace_back(word);
    }
    arguments.push_back(store);
    const auto done = run_command(arguments, neutral_environment(), folder_);
    if (done.exit_code != 0) FAIL("keytool: " << done.output);
  };
  keytool({"-genkeypair", "-keyalg", "RSA", "-dname", "CN=kafka.example", "-ext",
           "san=dns:kafka.example", "-ext", "bc=ca:true", "-validity", "2", "-storetype",
           "PKCS12"});
  keytool({"-exportcert", "-rfc", "-file", (folder_ / (name + ".pem")).string()});
}

void PrivateKafka::format() {
  const auto done =
      run_command({"java", "-cp", libs_ + "/*", "kafka.tools.StorageTool", "format", "-t",
                   cluster_id_, "-c", (folder_ / "server.properties").string(), "--standalone"},
                  neutral_environment(), folder_);
  if (done.exit_code != 0) FAIL("cannot format Kafka's storage: " << done.output);
}

void PrivateKafka::start() {
  process_ = std::make_unique<Process>(
      ProcessOptions{"kafka",
                     {"java", "-Xmx512m", "-cp", libs_ + "/*", "kafka.Kafka",
                      (folder_ / "server.properties").string()},
                     neutral_environment(),
                     folder_.string() + ".log",
                     folder_,
                     {}});
  wait_until([this] { return "Kafka starts; its log:\n" + process_->log_tail(); },
             [this] { return KafkaTool(bootstrap_servers(), "").answers(); }, Millis{60'000});
}

void PrivateKafka::stop() { (void)process_->terminate(Millis{30'000}); }

void PrivateKafka::kill() { process_->kill(); }

void PrivateKafka::wipe(Identity identity) {
  kill();
  if (identity == Identity::kNew) cluster_id_ = kOtherClusterId;
  std::filesystem::remove_all(folder_ / "data");
  format();
  start();
}

}  // namespace orderflow::testing
