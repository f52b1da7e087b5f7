#pragma once

#include <string>

namespace orderflow::core {

struct SaslLogin {
  std::string user_name;  // Empty: none.
  std::string mechanism;
};

// Why brokers do not let a client in, in words and with the remedy, from what librdkafka's error
// callback is told: `error` is its code, `reason` its words. Empty: it is something else. Most
// failures of TLS come as a lost connection, which only the words tell from one. Pure.
[[nodiscard]] std::string security_problem_of(int error, const std::string& reason,
                                              const SaslLogin& login);

}  // namespace orderflow::core
