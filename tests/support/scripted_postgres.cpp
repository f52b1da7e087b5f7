#include "tests/support/scripted_postgres.hpp"

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
constexpr std::uint32_t kProtocol = 3U << 16U;

// Ends a script.
struct ClientHasLeft {};

template <typename Int>
std::string big_endian(Int value) {
  std::string bytes;
  for (int shift = (sizeof(Int) - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
  }
  return bytes;
}

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string pg_message(char type, std::string_view body) {
  return type + big_endian(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

std::string pg_authentication_ok() { return pg_message('R', big_endian(std::uint32_t{0})); }

std::string pg_parameter(std::string_view name, std::string_view value) {
  return pg_message('S', std::string(name) + '\0' + std::string(value) + '\0');
}

std::string pg_error(std::string_view sqlstate, std::string_view words) {
  std::string body;
  for (const auto& [field, text] :
       {std::pair{'S', std::string_view("FATAL")}, {'V', "FATAL"}, {'C', sqlstate}, {'M', words}}) {
    body.append(1, field).append(text).append(1, '\0');
  }
  return pg_message('E', body + '\0');
}

std::string pg_answer(const std::vector<std::string>& columns) {
  constexpr std::uint32_t kTextOid = 25;
  std::string description = big_endian(static_cast<std::uint16_t>(columns.size()));
  std::string row = description;
  for (const auto& column : columns) {
    // Name, table, column, type, size, modifier, format.
    description += std::string("c") + '\0' + big_endian(std::uint32_t{0}) +
                   big_endian(std::uint16_t{0}) + big_endian(kTextOid) +
                   big_endian(std::uint16_t{0xffff}) + big_endian(std::uint32_t{0xffffffff}) +
                   big_endian(std::uint16_t{1});
    row += big_endian(static_cast<std::uint32_t>(column.size())) + column;
  }
  return pg_message('1', "") + pg_message('2', "") + pg_message('T', description) +
         pg_message('D', row) + pg_message('C', std::string("SELECT 1") + '\0');
}

std::string PgClient::hear(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const auto got = ::recv(socket_, bytes.data() + at, size - at, 0);
    if (got <= 0) throw ClientHasLeft{};
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string PgClient::hear_start() {
  while (true) {
    const std::string packet = hear(number_in(hear(4)) - 4);
    if (number_in(packet.substr(0, 4)) == kProtocol) return packet;
    say("N");
  }
}

void PgClient::hear_until(char type) {
  while (true) {
    const char heard = hear(1)[0];
    (void)hear(number_in(hear(4)) - 4);
    if (heard == type) return;
  }
}

void PgClient::say(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw ClientHasLeft{};
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void PgClient::drip(std::string_view bytes) {
  for (std::size_t at = 0;; at = (at + 1) % bytes.size()) {
    say(bytes.substr(at, 1));
    pollfd gone{socket_, POLLRDHUP, 0};
    if (::poll(&gone, 1, kDripPauseMs) != 0) throw ClientHasLeft{};
  }
}

void PgClient::stay_mute() {
  while (true) (void)hear(1);
}

void PgClient::stay_deaf() {
  pollfd gone{socket_, POLLRDHUP, 0};
  (void)::poll(&gone, 1, -1);
  throw ClientHasLeft{};
}

void PgClient::take_settings() {
  hear_until('Q');
  say(pg_message('C', std::string("SELECT 1") + '\0') + std::string(kPgReady));
}

void PgClient::welcome(std::uint32_t backend_pid) {
  (void)hear_start();
  say(pg_authentication_ok() + pg_parameter("server_version", "15.0") +
      (backend_pid == 0 ? ""
                        : pg_message('K', big_endian(backend_pid) + big_endian(std::uint32_t{0}))) +
      std::string(kPgReady));
  take_settings();
}

ScriptedPostgres::ScriptedPostgres(std::function<void(PgClient&)> script)
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

ScriptedPostgres::~ScriptedPostgres() {
  ::shutdown(listener_, SHUT_RDWR);  // Wakes the acceptor.
  acceptor_.join();
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  threads_.clear();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::string ScriptedPostgres::url(std::string_view parameters) const {
  return "postgresql://u:p@127.0.0.1:" + std::to_string(port_) + "/d?gssencmode=disable&" +
         std::string(parameters);
}

void ScriptedPostgres::follow_script(int socket) {
  PgClient client(socket);
  try {
    script_(client);
  } catch (const ClientHasLeft&) {
    return;  // As a client may at any time.
  }
}

// Sockets stay open until the end, so that no number is used twice.
void ScriptedPostgres::serve() {
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
