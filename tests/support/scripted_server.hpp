#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace orderflow::testing {

// One client of a scripted server, as the script sees it. Whatever cannot go on ends the script:
// the client has left, or the test is over.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(int socket) : socket_(socket) {}

  [[nodiscard]] std::string hear(std::size_t size);
  // All up to and including these bytes.
  std::string hear_until(std::string_view end);
  void say(std::string_view bytes);
  // A byte at a time, with pauses, again and again, for as long as anybody listens.
  [[noreturn]] void drip(std::string_view bytes);
  // Listens and says nothing.
  [[noreturn]] void stay_mute();
  // Neither listens nor speaks.
  [[noreturn]] void stay_deaf();

 private:
  int socket_;
};

// A server that does what a script says, on a port of its own, for each of its clients on a thread
// of its own. For what no real server can be made to do.
class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int clients() const { return clients_; }

 private:
  void serve();
  void follow_script(int socket);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> clients_{0};
  std::vector<int> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace orderflow::testing
