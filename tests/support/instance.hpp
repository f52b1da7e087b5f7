#pragma once

#include <string>
#include <vector>

#include "tests/support/environment.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"

namespace orderflow::testing {

// An instance as a person runs it, by ./orderflow of the repository (ORDERFLOW_TEST_REPO), with
// ports and a state folder of its own so that it meets no other. Stopped and removed with the
// object. Main thread only.
class Instance {
 public:
  explicit Instance(Environment settings = {});
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // By ./orderflow of another clone from now on.
  void use_clone(std::string path) { clone_ = std::move(path); }

  // ./orderflow with these words, and with more variables than the instance's own.
  [[nodiscard]] CommandResult orderflow(const std::vector<std::string>& words,
                                        const Environment& more = {}) const;
  // `up --detach`, which must succeed; returns what it printed.
  std::string up(const std::string& broker);
  // Lines a person pastes into a shell.
  [[nodiscard]] CommandResult shell(const std::string& lines) const;

  [[nodiscard]] const HttpClient& http() const { return http_; }
  [[nodiscard]] std::string bootstrap_servers() const;
  [[nodiscard]] std::uint16_t http_port() const { return ports_.port(0); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  // Below that one.
  [[nodiscard]] std::filesystem::path state_folder() const { return folder() / "a person's state"; }

  // From `status --json`; 0 while there is none.
  [[nodiscard]] int pid_of(const std::string& role) const;
  [[nodiscard]] int port_of(const std::string& role) const;
  [[nodiscard]] int restarts_of(const std::string& role) const;
  // kill -9, and waits until the supervisor has started another that is up.
  void kill_and_await_return(const std::string& role) const;
  [[nodiscard]] std::string sql(const std::string& statement) const;

 private:
  [[nodiscard]] Environment environment(const Environment& more) const;
  [[nodiscard]] nlohmann::json role_status(const std::string& role) const;

  Environment settings_;
  std::string clone_ = required_variable("ORDERFLOW_TEST_REPO");
  PortBlock ports_;
  TemporaryFolder folder_;
  HttpClient http_;
};

}  // namespace orderflow::testing
