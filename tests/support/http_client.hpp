#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/wait.hpp"

namespace orderflow::testing {

using Headers = std::map<std::string, std::string>;

struct Answer {
  int status = 0;
  Headers headers;  // Names in lower case.
  std::string body;

  [[nodiscard]] std::string header(const std::string& lower_case_name) const;
  // Fails the test when the body is not JSON.
  [[nodiscard]] nlohmann::json json() const;
};

// A TCP connection to this machine with a deadline on everything, for clients that misbehave.
// Nothing here fails the test: what happened is the answer.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  [[nodiscard]] bool connected() const { return socket_ >= 0; }
  // False when the other side closed or did not take it in time.
  [[nodiscard]] bool send(std::string_view bytes, Millis deadline = Millis{10'000});
  // What arrives next; empty at the end of the stream, nothing at the deadline.
  [[nodiscard]] std::optional<std::string> receive(Millis deadline = Millis{10'000});
  // Everything up to the end of the stream or the deadline.
  [[nodiscard]] std::string receive_all(Millis deadline = Millis{10'000});
  // True when the other side ended the connection within the deadline.
  [[nodiscard]] bool closed_within(Millis deadline);
  // Leaves without a word: the other side sees a reset.
  void abort();

 private:
  int socket_ = -1;
};

// Sends a request over the connection it has kept from the one before. For one thread, and for
// requests that may be repeated: a server may end a kept connection at any moment, so what got no
// answer over one is sent once more over a new one.
class HttpSession {
 public:
  explicit HttpSession(std::uint16_t port) : port_(port) {}

  // Nothing when there was no complete answer. Never fails the test and checks no answer.
  [[nodiscard]] std::optional<Answer> try_request(const std::string& method,
                                                  const std::string& target,
                                                  const std::string& body = {},
                                                  const Headers& headers = {},
                                                  Millis deadline = kPatience);
  // The next request comes over a new connection.
  void disconnect() { connection_.reset(); }

 private:
  std::uint16_t port_;
  std::optional<RawConnection> connection_;
};

// One request and its answer over a connection of its own. Safe from several threads at once.
class HttpClient {
 public:
  // Answers of the API are checked against OpenAPI; those of other servers are not.
  enum class Check { kNone, kOpenApi };

  explicit HttpClient(std::uint16_t port, Check check = Check::kOpenApi)
      : port_(port), check_(check) {}

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Nothing when there was no complete answer: refused, cut off, too late. Never fails the test, so
  // it may be called from threads; such answers are not checked against OpenAPI.
  [[nodiscard]] std::optional<Answer> try_request(const std::string& method,
                                                  const std::string& target,
                                                  const std::string& body = {},
                                                  const Headers& headers = {},
                                                  Millis deadline = kPatience) const;

  // These fail the test when there is no answer.
  [[nodiscard]] Answer request(const std::string& method, const std::string& target,
                               const std::string& body = {}, const Headers& headers = {},
                               Millis deadline = kPatience) const;
  [[nodiscard]] Answer get(const std::string& target, const Headers& headers = {}) const;
  [[nodiscard]] Answer post(const std::string& target, const nlohmann::json& body = {},
                            const Headers& headers = {}) const;
  [[nodiscard]] Answer put(const std::string& target, const nlohmann::json& body,
                           const Headers& headers = {}) const;
  [[nodiscard]] Answer remove(const std::string& target, const Headers& headers = {}) const;

 private:
  std::uint16_t port_;
  Check check_;
};

}  // namespace orderflow::testing
