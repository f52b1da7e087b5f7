#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process.hpp"

namespace orderflow::testing {

// A PostgreSQL of the test's own, to be killed and started again. Needs ORDERFLOW_TEST_PG_BIN.
// Durable like a real one (fsync on), as that is what the tests are about.
class PrivatePostgres {
 public:
  // Makes the cluster and starts it.
  PrivatePostgres(const std::filesystem::path& folder, std::uint16_t port);
  ~PrivatePostgres();

  [[nodiscard]] std::string url() const;
  void start();
  // Fast shutdown: open sessions are ended.
  void stop();
  // Without a checkpoint: the next start recovers.
  void stop_immediately();
  void kill();

 private:
  std::filesystem::path folder_;
  std::uint16_t port_;
  std::string bin_;
  std::string user_;
  std::unique_ptr<Process> process_;
};

struct KafkaPorts {
  std::uint16_t broker = 0;
  std::uint16_t controller = 0;
  // A second way in, whose clients are told that the broker is at `proxy`; zero: none.
  std::uint16_t proxied = 0;
  std::uint16_t proxy = 0;
  // A way in that asks for a password (SASL PLAIN: user "orderflow", password "right") and grants
  // that user nothing; zero: none.
  std::uint16_t secured = 0;
  // A way in by TLS, with a certificate for another host than 127.0.0.1; zero: none.
  std::uint16_t tls = 0;
};

// An Apache Kafka of the test's own (KRaft, one node). Needs ORDERFLOW_TEST_KAFKA_LIBS.
class PrivateKafka {
 public:
  PrivateKafka(std::filesystem::path folder, KafkaPorts ports);

  [[nodiscard]] std::string bootstrap_servers() const;
  // The authority that signed the certificate of the way in by TLS, and one that signed nothing.
  [[nodiscard]] std::string authority() const { return (folder_ / "server.pem").string(); }
  [[nodiscard]] std::string other_authority() const { return (folder_ / "other.pem").string(); }
  [[nodiscard]] Process& process() { return *process_; }
  void start();
  void stop();
  void kill();
  // Stops it, removes every byte it kept, and starts it again: under the same cluster id it is, to
  // its clients, the same broker that remembers nothing; under another it is a stranger.
  enum class Identity { kSame, kNew };
  void wipe(Identity identity = Identity::kSame);

 private:
  void make_certificate(const std::string& name) const;
  void format();

  std::filesystem::path folder_;
  KafkaPorts ports_;
  std::string libs_;
  std::string cluster_id_ = "MkU3OEVBNTcwNTJENDM2Qk";
  std::unique_ptr<Process> process_;
};

}  // namespace orderflow::testing
