#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace orderflow::testing {

// A message of PostgreSQL's protocol: its type, its length, its body. Start-up packets have no
// type.
[[nodiscard]] std::string pg_message(char type, std::string_view body);
// The server's side of it.
[[nodiscard]] std::string pg_authentication_ok();
[[nodiscard]] std::string pg_parameter(std::string_view name, std::string_view value);
[[nodiscard]] std::string pg_error(std::string_view sqlstate, std::string_view words);
// A row of text columns in binary form, with what stands around it in a pipeline; without Sync's
// answer.
[[nodiscard]] std::string pg_answer(const std::vector<std::string>& columns);
inline constexpr std::string_view kPgReady{"Z\0\0\0\x05I", 6};

// One client of the server, as the script sees it. Whatever cannot go on ends the script: the
// client has left, or the test is over.
class PgClient {
 public:
  explicit PgClient(int socket) : socket_(socket) {}

  // The next start-up packet; one that asks for encryption is answered "no".
  std::string hear_start();
  // Reads up to and including the next message of that type: 'S' is Sync.
  void hear_until(char type);
  void say(std::string_view bytes);
  // A byte at a time, with pauses, for as long as anybody listens.
  [[noreturn]] void drip(std::string_view bytes);
  // Listens and says nothing.
  [[noreturn]] void stay_mute();
  // Neither listens nor speaks.
  [[noreturn]] void stay_deaf();

  // Agrees to the settings that a new session asks for.
  void take_settings();
  // Lets a client in as PostgreSQL does, or, without a backend's pid, as some poolers do.
  void welcome(std::uint32_t backend_pid = 0);

 private:
  std::string hear(std::size_t size);

  int socket_;
};

// A PostgreSQL server that does what a script says, on a port of its own, for each of its clients
// on a thread of its own. For what no real server can be made to do.
class ScriptedPostgres {
 public:
  explicit ScriptedPostgres(std::function<void(PgClient&)> script);
  ~ScriptedPostgres();
  ScriptedPostgres(const ScriptedPostgres&) = delete;
  ScriptedPostgres& operator=(const ScriptedPostgres&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view parameters = "sslmode=disable") const;
  [[nodiscard]] int clients() const { return clients_; }

 private:
  void serve();
  void follow_script(int socket);

  std::function<void(PgClient&)> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> clients_{0};
  std::vector<int> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace orderflow::testing
