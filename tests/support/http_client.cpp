#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/beast/http.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <cerrno>

#if __has_include("tests/support/openapi_check.hpp")
#include "tests/support/openapi_check.hpp"
#define ORDERFLOW_HAS_OPENAPI_CHECK 1
#endif

namespace orderflow::testing {
namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

bool ready(int socket, short events, Clock::time_point end) {
  while (true) {
    const auto left = std::chrono::duration_cast<Millis>(end - Clock::now()).count();
    pollfd entry{socket, events, 0};
    const int found = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

enum class After { kClose, kKeep };

std::string wire_text(std::uint16_t port, const std::string& method, const std::string& target,
                      const std::string& body, const Headers& headers, After after) {
  std::string out =
      method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n";
  if (after == After::kClose) out += "Connection: close\r\n";
  const bool typed = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return lower(header.first) == "content-type";
  });
  if (!body.empty() && !typed) out += "Content-Type: application/json\r\n";
  if (!body.empty() || method == "POST" || method == "PUT") {
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  for (const auto& [name, value] : headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return out + "\r\n" + body;
}

std::optional<Answer> read_answer(RawConnection& connection, bool no_body, Clock::time_point end) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(64ULL << 20);
  parser.header_limit(256 * 1024);
  parser.skip(no_body);
  std::string unread;
  boost::beast::error_code error;
  while (!parser.is_done()) {
    const auto left = std::chrono::duration_cast<Millis>(end - Clock::now());
    const auto bytes = connection.receive(std::max(left, Millis{0}));
    if (!bytes) return std::nullopt;
    if (bytes->empty()) {
      // Beast takes an end before the first byte for a complete message.
      if (!parser.is_header_done()) return std::nullopt;
      parser.put_eof(error);
      if (error || !parser.is_done()) return std::nullopt;
      break;
    }
    unread += *bytes;
    while (!unread.empty() && !parser.is_done()) {
      const auto used = parser.put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (error == http::error::need_more) break;
      if (error) return std::nullopt;
      if (used == 0) break;
    }
    error = {};
  }
  Answer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    answer.headers[lower(field.name_string())] = std::string(field.value());
  }
  answer.body = parser.get().body();
  return answer;
}

}  // namespace

std::string Answer::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

nlohmann::json Answer::json() const {
  auto value = nlohmann::json::parse(body, nullptr, false);
  if (value.is_discarded()) FAIL("status " << status << ", and the body is not JSON: " << body);
  return value;
}

RawConnection::RawConnection(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A loopback connect succeeds or fails at once, so it may block.
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
    return;
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

RawConnection::~RawConnection() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawConnection::send(std::string_view bytes, Millis deadline) {
  const auto end = Clock::now() + deadline;
  while (connected() && !bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !ready(socket_, POLLOUT, end))) {
      return false;
    }
  }
  return connected();
}

std::optional<std::string> RawConnection::receive(Millis deadline) {
  if (!connected()) return std::string{};
  const auto end = Clock::now() + deadline;
  char buffer[16384];
  while (ready(socket_, POLLIN, end)) {
    const auto count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count >= 0) return std::string(buffer, static_cast<std::size_t>(count));
    if (errno != EAGAIN && errno != EINTR) return std::string{};  // Reset: the end as well.
  }
  return std::nullopt;
}

std::string RawConnection::receive_all(Millis deadline) {
  const auto end = Clock::now() + deadline;
  std::string out;
  while (Clock::now() < end) {
    const auto bytes = receive(std::chrono::duration_cast<Millis>(end - Clock::now()));
    if (!bytes || bytes->empty()) break;
    out += *bytes;
  }
  return out;
}

bool RawConnection::closed_within(Millis deadline) {
  const auto end = Clock::now() + deadline;
  while (Clock::now() < end) {
    const auto bytes = receive(std::chrono::duration_cast<Millis>(end - Clock::now()));
    if (bytes && bytes->empty()) return true;
  }
  return false;
}

void RawConnection::abort() {
  if (!connected()) return;
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket_);
  socket_ = -1;
}

std::optional<Answer> HttpClient::try_request(const std::string& method, const std::string& target,
                                              const std::string& body, const Headers& headers,
                                              Millis deadline) const {
  const auto end = Clock::now() + deadline;
  RawConnection connection(port_);
  // A server may refuse a request before it has read all of it, so the answer counts in any case.
  (void)connection.send(wire_text(port_, method, target, body, headers, After::kClose), deadline);
  return read_answer(connection, method == "HEAD", end);
}

std::optional<Answer> HttpSession::try_request(const std::string& method, const std::string& target,
                                               const std::string& body, const Headers& headers,
                                               Millis deadline) {
  const auto end = Clock::now() + deadline;
  const auto text = wire_text(port_, method, target, body, headers, After::kKeep);
  while (true) {
    const bool kept = connection_.has_value();
    if (!kept) connection_.emplace(port_);
    (void)connection_->send(text, deadline);
    auto answer = read_answer(*connection_, method == "HEAD", end);
    if (!answer || lower(answer->header("connection")) == "close") disconnect();
    if (answer || !kept || Clock::now() >= end) return answer;
  }
}

Answer HttpClient::request(const std::string& method, const std::string& target,
                           const std::string& body, const Headers& headers, Millis deadline) const {
  auto answer = try_request(method, target, body, headers, deadline);
  if (!answer) FAIL(method << " " << target << " got no answer from port " << port_);
#ifdef ORDERFLOW_HAS_OPENAPI_CHECK
  if (check_ == Check::kOpenApi) {
    check_answer(method, target.substr(0, target.find('?')), answer->status, answer->body);
  }
#endif
  return *std::move(answer);
}

Answer HttpClient::get(const std::string& target, const Headers& headers) const {
  return request("GET", target, {}, headers);
}

Answer HttpClient::post(const std::string& target, const nlohmann::json& body,
                        const Headers& headers) const {
  return request("POST", target, body.is_null() ? "" : body.dump(), headers);
}

Answer HttpClient::put(const std::string& target, const nlohmann::json& body,
                       const Headers& headers) const {
  return request("PUT", target, body.dump(), headers);
}

Answer HttpClient::remove(const std::string& target, const Headers& headers) const {
  return request("DELETE", target, {}, headers);
}

}  // namespace orderflow::testing
