#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>

namespace orderflow::chaos {

using Millis = std::chrono::milliseconds;

// A relay between any two parts of an installation that can be told to misbehave as networks do:
// delay, swallow, go deaf, refuse, cut, and lose the answer of a COMMIT that happened. Listens on a
// loopback port of its own from the start, so that servers can be told to advertise it. Has one
// thread until destruction; its methods are safe from any other.
class Proxy {
 public:
  Proxy();
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Where new connections lead; until then they are refused.
  void forward_to(std::uint16_t port) { target_ = port; }

  // Each piece of data waits this long, in both directions.
  void delay(Millis each) { delay_ms_ = static_cast<int>(each.count()); }
  // Nothing passes any more, though connections stay. What is held is lost when they are cut.
  void hold(bool on) { held_ = on; }
  // Connections that are there, or come meanwhile, stay open and pass nothing any more, not even
  // their end: as behind a firewall that has forgotten them. Off: new ones pass again.
  void deafen(bool on);
  void refuse(bool on) { refused_ = on; }
  // Resets every connection.
  void cut();
  // The next answers of PostgreSQL that say COMMIT are thrown away with their connection: the
  // transaction happened, and its client never hears.
  void lose_commits(int count) { commits_to_lose_ = count; }
  [[nodiscard]] int commits_lost() const { return commits_lost_; }

  // No fault any more.
  void heal();

 private:
  struct Pipe;
  enum class Direction { kToServer, kToClient };

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Pipe> pipe);
  boost::asio::awaitable<void> copy(std::shared_ptr<Pipe> pipe, Direction direction);
  boost::asio::awaitable<void> obstruct(const Pipe& pipe, boost::asio::steady_timer& timer) const;
  bool loses(const char* bytes, std::size_t size);

  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::set<std::shared_ptr<Pipe>> pipes_;  // Of the proxy's thread only.
  std::atomic<std::uint16_t> target_{0};
  std::atomic<int> delay_ms_{0};
  std::atomic<bool> held_{false};
  std::atomic<bool> deafening_{false};
  std::atomic<bool> refused_{false};
  std::atomic<int> commits_to_lose_{0};
  std::atomic<int> commits_lost_{0};
  std::thread thread_;
};

}  // namespace orderflow::chaos
