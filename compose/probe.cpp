#include "compose/probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "core/values/ip_address.hpp"

namespace orderflow::compose {
namespace {

constexpr std::chrono::milliseconds kAttemptMax{3'000};
constexpr std::size_t kAnswerBytesMax = 4'096;
constexpr std::size_t kLineBytesMax = 300;

// The first message of a PostgreSQL session: length, protocol 3.0, parameters. The account does
// not exist, and the server's answer to it (any but "starting up") shows that it takes sessions.
std::string postgres_startup() {
  using namespace std::string_literals;
  const std::string body = "\0\3\0\0user\0ready-check\0database\0postgres\0\0"s;
  const auto length = static_cast<char>(body.size() + 4);
  return "\0\0\0"s + length + body;
}

std::string http_get(const ReadyCheck& check) {
  return "GET " + check.path + " HTTP/1.1\r\nHost: " + core::url_host(check.host) + ":" +
         std::to_string(check.port) + "\r\nConnection: close\r\n\r\n";
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Nothing is looked up, so this never blocks. Empty for what is no address.
Addresses address_of(const ReadyCheck& check) {
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(check.port);
  if (::getaddrinfo(check.host.c_str(), port.c_str(), &wanted, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

// What a server said, fit for one line on a terminal.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLineBytesMax));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

}  // namespace

Probe::Probe(const ReadyCheck& check)
    : check_(check), deadline_(std::chrono::steady_clock::now() + kAttemptMax) {
  if (check_.kind == ReadyCheck::Kind::kHttp) request_ = http_get(check_);
  if (check_.kind == ReadyCheck::Kind::kPostgres) request_ = postgres_startup();
}

Probe::~Probe() {
  if (socket_ >= 0) ::close(socket_);
}

Probe::Result Probe::fail(std::string problem) {
  problem_ = "port " + std::to_string(check_.port) + " " + std::move(problem);
  return Result::kFailed;
}

Probe::Result Probe::step(std::chrono::steady_clock::time_point now) {
  if (check_.kind == ReadyCheck::Kind::kNone) return Result::kReady;
  Result result = Result::kPending;
  if (phase_ == Phase::kConnect) result = connect_step();
  if (result == Result::kPending && phase_ == Phase::kSend) result = send_step();
  if (result == Result::kPending && phase_ == Phase::kReceive) result = receive_step();
  if (result == Result::kPending && now >= deadline_) return fail("gives no answer");
  return result;
}

Probe::Result Probe::connect_step() {
  if (socket_ < 0) {
    const auto address = address_of(check_);
    if (!address) return fail("cannot be asked: " + check_.host + " is no address");
    socket_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return fail(std::string("cannot be asked: ") + std::strerror(errno));
    if (::connect(socket_, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
      return fail(std::string("does not answer: ") + std::strerror(errno));
    }
  }
  pollfd wait{socket_, POLLOUT, 0};
  if (::poll(&wait, 1, 0) <= 0) return Result::kPending;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(std::string("does not answer: ") + std::strerror(error));
  if (check_.kind == ReadyCheck::Kind::kTcp) return Result::kReady;
  phase_ = Phase::kSend;
  return Result::kPending;
}

Probe::Result Probe::send_step() {
  const ssize_t sent = ::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return Result::kPending;
    return fail(std::string("broke off: ") + std::strerror(errno));
  }
  request_.erase(0, static_cast<std::size_t>(sent));
  if (request_.empty()) phase_ = Phase::kReceive;
  return Result::kPending;
}

Probe::Result Probe::receive_step() {
  std::array<char, 1'024> buffer{};
  while (answer_.size() < kAnswerBytesMax) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return judge(false);
      return fail(std::string("broke off: ") + std::strerror(errno));
    }
    if (got == 0) return judge(true);
    answer_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return judge(true);
}

Probe::Result Probe::judge(bool closed) {
  return check_.kind == ReadyCheck::Kind::kHttp ? judge_http(closed) : judge_postgres(closed);
}

Probe::Result Probe::judge_http(bool closed) {
  // "HTTP/1.1 200": the status is all a ready server has to say.
  constexpr std::size_t kStatusAt = 9;
  if (answer_.size() > kStatusAt + 3 && answer_.starts_with("HTTP/1.") &&
      answer_[kStatusAt] == '2') {
    return Result::kReady;
  }
  // A refusal is read to its end, since its body names what is missing.
  if (!closed) return Result::kPending;
  if (answer_.size() <= kStatusAt + 3) return fail("closed without an HTTP answer");
  const auto body = answer_.find("\r\n\r\n");
  const std::string detail = body == std::string::npos ? "" : answer_.substr(body + 4);
  return fail(check_.path + " answers " + answer_.substr(kStatusAt, 3) + " " + one_line(detail));
}

Probe::Result Probe::judge_postgres(bool closed) {
  // 'R' asks for a password; 'E' is an error, of which class 57P03 means "not yet".
  if (!answer_.empty() && answer_.front() == 'R') return Result::kReady;
  if (!closed) return Result::kPending;
  if (answer_.empty() || answer_.front() != 'E') return fail("does not speak PostgreSQL");
  if (answer_.find("57P03") == std::string::npos) return Result::kReady;
  return fail("is PostgreSQL, which is still starting");
}

}  // namespace orderflow::compose
