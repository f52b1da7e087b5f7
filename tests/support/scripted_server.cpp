#include "tests/support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <utility>

namespace orderflow::testing {
namespace {

constexpr int kDripPauseMs = 5;

// Ends a script.
struct PeerHasLeft {};

}  // namespace

std::string ScriptedPeer::hear(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const auto got = ::recv(socket_, bytes.data() + at, size - at, 0);
    if (got <= 0) throw PeerHasLeft{};
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string ScriptedPeer::hear_until(std::string_view end) {
  std::string bytes;
  while (!bytes.ends_with(end)) bytes += hear(1);
  return bytes;
}

void ScriptedPeer::say(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw PeerHasLeft{};
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void ScriptedPeer::drip(std::string_view bytes) {
  for (std::size_t at = 0;; at = (at + 1) % bytes.size()) {
    say(bytes.substr(at, 1));
    pollfd gone{socket_, POLLRDHUP, 0};
    if (::poll(&gone, 1, kDripPauseMs) != 0) throw PeerHasLeft{};
  }
}

void ScriptedPeer::stay_mute() {
  while (true) (void)hear(1);
}

void ScriptedPeer::stay_deaf() {
  pollfd gone{socket_, POLLRDHUP, 0};
  (void)::poll(&gone, 1, -1);
  throw PeerHasLeft{};
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, where, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, where, &size) != 0) {
    FAIL("cannot listen for the scripted server");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);  // Wakes the acceptor.
  acceptor_.join();
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  threads_.clear();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

void ScriptedServer::follow_script(int socket) {
  try {
    script_(ScriptedPeer(socket));
  } catch (const PeerHasLeft&) {
    return;  // As a client may at any time.
  }
}

// Sockets stay open until the end, so that no number is used twice.
void ScriptedServer::serve() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    sockets_.push_back(socket);
    ++clients_;
    threads_.emplace_back([this, socket] {
      follow_script(socket);
      ::shutdown(socket, SHUT_RDWR);
    });
  }
}

}  // namespace orderflow::testing
