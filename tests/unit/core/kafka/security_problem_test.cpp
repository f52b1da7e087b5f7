#include "core/kafka/security_problem.hpp"

#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

// As librdkafka 2.0 and OpenSSL 3 say it.
struct Said {
  const char* what;
  int error;
  const char* reason;
  const char* named;  // Empty: it is no matter of security.
};

constexpr Said kSaid[] = {
    {"another authority", RD_KAFKA_RESP_ERR__SSL,
     "ssl://kafka:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate "
     "verify failed: broker certificate could not be verified, verify that ssl.ca.location is "
     "correctly configured or root CA certificates are installed",
     "must name the host"},
    {"another host", RD_KAFKA_RESP_ERR__TRANSPORT,
     "ssl://kafka:9093/bootstrap: error:0A000086:SSL routines::certificate verify failed (after "
     "3ms in state SSL_HANDSHAKE)",
     "ORDERFLOW_KAFKA_SSL_CA_LOCATION"},
    {"a client without a certificate", RD_KAFKA_RESP_ERR__TRANSPORT,
     "ssl://kafka:9093/bootstrap: Receive failed: error:0A00045C:SSL routines::tlsv13 alert "
     "certificate required: SSL alert number 116 (after 3ms in state APIVERSION_QUERY)",
     "ORDERFLOW_KAFKA_SSL_CERTIFICATE_LOCATION"},
    {"TLS to a listener without", RD_KAFKA_RESP_ERR__TRANSPORT,
     "ssl://kafka:9092/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT "
     "broker listener? (after 7ms in state SSL_HANDSHAKE)",
     "ORDERFLOW_KAFKA_SECURITY_PROTOCOL"},
    {"no TLS to a listener with", RD_KAFKA_RESP_ERR__TRANSPORT,
     "kafka:9093/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
     "security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10",
     "ORDERFLOW_KAFKA_SECURITY_PROTOCOL"},
    {"a wrong password", RD_KAFKA_RESP_ERR__AUTHENTICATION, "Authentication failed", "'mallory'"},
    {"nobody there", RD_KAFKA_RESP_ERR__TRANSPORT,
     "kafka:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused", ""},
};

TEST_CASE("what keeps a client out of Kafka is named, with the setting to look at") {
  for (const auto& [what, error, reason, named] : kSaid) {
    INFO(what);
    const std::string problem = security_problem_of(error, reason, {"mallory", "PLAIN"});
    CHECK(problem.empty() == std::string(named).empty());
    CHECK(problem.find(named) != std::string::npos);
  }
}

}  // namespace
}  // namespace orderflow::core
