#include "core/kafka/security_problem.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace orderflow::core {
namespace {

struct Symptom {
  std::string_view words;
  std::string_view remedy;
};

// The first that fits.
constexpr Symptom kOfTls[] = {
    {"PLAINTEXT broker listener",
     "this listener speaks no TLS; check ORDERFLOW_KAFKA_SECURITY_PROTOCOL and the port in "
     "KAFKA_BOOTSTRAP_SERVERS"},
    // In the same words whatever of it does not hold.
    {"certificate verify failed",
     "set ORDERFLOW_KAFKA_SSL_CA_LOCATION to the certificate of the authority that signed the "
     "broker's, which must name the host as KAFKA_BOOTSTRAP_SERVERS and the broker's "
     "advertised.listeners do, and not have expired"},
    {"certificate required",
     "the broker asks for a certificate; set ORDERFLOW_KAFKA_SSL_CERTIFICATE_LOCATION and "
     "ORDERFLOW_KAFKA_SSL_KEY_LOCATION"},
    {"bad certificate",
     "the broker does not accept the certificate of ORDERFLOW_KAFKA_SSL_CERTIFICATE_LOCATION"},
    {"unknown ca",
     "the broker does not know the authority that signed the certificate of "
     "ORDERFLOW_KAFKA_SSL_CERTIFICATE_LOCATION"},
    {"SSL", "check ORDERFLOW_KAFKA_SECURITY_PROTOCOL and the ORDERFLOW_KAFKA_SSL_ variables"},
};

std::string tls_remedy(const std::string& reason) {
  const auto* symptom = std::find_if(
      std::begin(kOfTls), std::end(kOfTls),
      [&](const Symptom& known) { return reason.find(known.words) != std::string::npos; });
  return std::string(symptom == std::end(kOfTls) ? std::prev(std::end(kOfTls))->remedy
                                                 : symptom->remedy);
}

bool is_of_tls(int error, const std::string& reason) {
  return error == RD_KAFKA_RESP_ERR__SSL || reason.find("SSL routines") != std::string::npos ||
         reason.find("SSL handshake failed") != std::string::npos;
}

}  // namespace

std::string security_problem_of(int error, const std::string& reason, const SaslLogin& login) {
  if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    return "Kafka refuses the authentication of user '" + login.user_name + "' by mechanism " +
           login.mechanism + " (" + reason +
           "); check ORDERFLOW_KAFKA_SASL_USERNAME, ORDERFLOW_KAFKA_SASL_PASSWORD and "
           "ORDERFLOW_KAFKA_SASL_MECHANISM";
  }
  if (is_of_tls(error, reason)) {
    return "there is no TLS with Kafka (" + reason + "): " + tls_remedy(reason);
  }
  // A listener that wants TLS or a password closes the connection without a word, and so does a
  // broker that ends.
  if (reason.find("security.protocol") != std::string::npos) {
    return "Kafka closes the connection (" + reason +
           "), as it does while it stops; if it stays so, check ORDERFLOW_KAFKA_SECURITY_PROTOCOL";
  }
  return {};
}

}  // namespace orderflow::core
