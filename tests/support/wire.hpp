#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http-api/server/session.hpp"

namespace orderflow::testing {

// What one client sends.
struct WireInput {
  std::string_view bytes;
  std::string_view endless;  // Behind them, again and again until the server hangs up.
  std::size_t piece = 600;   // How the network cuts it.
  core::Duration stays{0};   // How long it does nothing before it leaves.
};

struct WireOutcome {
  std::string answers;          // All bytes the server sent.
  bool server_closed = false;   // Before the client had said that it was done.
  bool gave_up = false;         // The connection did not end although its client had left.
  std::size_t memory_max = 0;   // Held for the connection at any moment,
  std::size_t memory_idle = 0;  // and when last it waited for its client.
  std::exception_ptr failure;   // That the connection ended with.
};

// A connection's session with its client, without network, clock and thread: each turn the client
// sends a piece and the server does what it can.
class Wire {
 public:
  // Both must outlive the object.
  Wire(const http_api::ServerOptions& options, const http_api::Dispatcher& dispatcher)
      : group_{options, dispatcher, {}, "Thu, 01 Jan 2026 00:00:00 GMT"} {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    client_ = ends[0];
    boost::asio::ip::tcp::socket socket(context_);
    socket.assign(boost::asio::ip::tcp::v4(), ends[1]);
    auto session = std::make_shared<http_api::Session>(std::move(socket), group_, false);
    session_ = session;
    auto ended = [this, session](const std::exception_ptr& failure) {
      outcome_.failure = failure;
      ended_ = true;
    };
    boost::asio::co_spawn(
        context_, session->run(),
        boost::asio::bind_cancellation_slot(session->cancellation_slot(), std::move(ended)));
  }
  ~Wire() { close(client_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  [[nodiscard]] WireOutcome run(WireInput input) {
    int idle_turns = 0;
    for (int turn = 0; !ended_; ++turn) {
      if (turn == kTurnsMax) {
        outcome_.gave_up = true;
        break;
      }
      const bool sent = !left_ && send_some(input);
      context_.restart();
      const bool worked = context_.poll() > 0;
      receive();
      idle_turns = sent || worked ? 0 : idle_turns + 1;
      if (idle_turns > kIdleTurns && pass(std::exchange(input.stays, {}))) idle_turns = 0;
      if (outcome_.server_closed || idle_turns > kIdleTurns) leave();
    }
    receive();
    return std::move(outcome_);
  }

 private:
  // Far more than any input needs.
  static constexpr int kTurnsMax = 1'000'000;
  static constexpr int kIdleTurns = 2;

  bool send_some(WireInput& input) {
    if (input.bytes.empty()) input.bytes = input.endless;
    if (input.bytes.empty()) return false;
    const std::size_t piece = std::min(std::max<std::size_t>(input.piece, 1), input.bytes.size());
    const auto sent = send(client_, input.bytes.data(), piece, MSG_NOSIGNAL);
    if (sent > 0) input.bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) input = {};  // The server has hung up.
    return sent > 0;
  }

  void receive() {
    if (const auto session = session_.lock()) {
      outcome_.memory_idle = session->memory();
      outcome_.memory_max = std::max(outcome_.memory_max, outcome_.memory_idle);
    }
    std::array<char, 4096> bytes{};
    ssize_t count = 0;
    while ((count = recv(client_, bytes.data(), bytes.size(), 0)) > 0) {
      outcome_.answers.append(bytes.data(), static_cast<std::size_t>(count));
    }
    if (count == 0 && !left_) outcome_.server_closed = true;
  }

  // False when no time passes.
  bool pass(core::Duration time) {
    const auto session = session_.lock();
    if (time.count() == 0 || !session) return false;
    session->check(std::chrono::steady_clock::now() + time);
    return true;
  }

  void leave() {
    if (!std::exchange(left_, true)) shutdown(client_, SHUT_WR);
  }

  http_api::SessionGroup group_;
  std::weak_ptr<http_api::Session> session_;
  WireOutcome outcome_;
  int client_ = -1;
  bool left_ = false;
  bool ended_ = false;
  boost::asio::io_context context_{1};  // Last: it destroys a coroutine that uses the above.
};

}  // namespace orderflow::testing
