// Runs workflows over Restate's ingress: a keep-alive connection a client, and each request is
// answered when its workflow has ended.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>

#include "bench/http_answer.hpp"
#include "bench/peers/closed_loop.hpp"
#include "core/values/number.hpp"

namespace {

using orderflow::peers::Client;
using orderflow::peers::MakeClient;

constexpr std::string_view kUrlStart = "http://127.0.0.1:";
constexpr int kAccounts = 256;
constexpr int kAmountMaxCents = 10'000;
constexpr timeval kAnswerTimeout{60, 0};

std::uint16_t port_of(std::string_view url) {
  const auto port = url.starts_with(kUrlStart)
                        ? orderflow::core::parse_number<std::uint16_t>(url.substr(kUrlStart.size()))
                        : std::nullopt;
  if (!port) throw std::runtime_error("--url must look like http://127.0.0.1:8080");
  return *port;
}

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Socket {
 public:
  explicit Socket(std::uint16_t port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (handle_ < 0) throw_errno("socket");
    const int on = 1;
    ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const int problem = errno;
      ::close(handle_);
      errno = problem;
      throw_errno("connect");
    }
  }
  ~Socket() { ::close(handle_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) throw_errno("send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void receive(std::string& bytes) const {
    char some[4096];
    const auto count = ::recv(handle_, some, sizeof some, 0);
    if (count < 0 && errno == EAGAIN) throw std::runtime_error("no answer within a minute");
    if (count < 0) throw_errno("receive");
    if (count == 0) throw std::runtime_error("the connection was closed");
    bytes.append(some, static_cast<std::size_t>(count));
  }

 private:
  int handle_;
};

class IngressClient {
 public:
  explicit IngressClient(std::uint16_t port)
      : port_(port), random_(std::random_device{}()), socket_(std::make_unique<Socket>(port)) {}

  void run_saga() {
    if (!socket_) socket_ = std::make_unique<Socket>(port_);
    try {
      exchange(next_request());
    } catch (...) {
      // Whatever the connection still brings belongs to a request that was given up.
      socket_.reset();
      throw;
    }
  }

 private:
  // The key of a workflow is an order's id: the same one never runs twice.
  std::string next_request() {
    static std::atomic<std::int64_t> last_order{0};
    const std::string body = "{\"accountId\":" + std::to_string(account_(random_)) +
                             ",\"amountCents\":" + std::to_string(amount_(random_)) +
                             ",\"address\":\"Alice, 1 Main Street, 12345 Springfield, US\"}";
    return "POST /OrderSaga/" + std::to_string(++last_order) +
           "/run HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void exchange(const std::string& request) {
    socket_->send(request);
    received_.clear();
    while (true) {
      socket_->receive(received_);
      const auto parsed = orderflow::bench::parse_answer(received_);
      if (!parsed) throw std::runtime_error(parsed.error().detail);
      if (!*parsed) continue;
      const auto& answer = **parsed;
      if (answer.status != 200 ||
          answer.body.find("DELIVERY_SCHEDULED") == std::string_view::npos) {
        throw std::runtime_error("answered " + std::to_string(answer.status) + ": " +
                                 std::string(answer.body.substr(0, 200)));
      }
      if (!answer.keep_alive) socket_.reset();
      return;
    }
  }

  std::uint16_t port_;
  std::mt19937 random_;
  std::uniform_int_distribution<int> account_{1, kAccounts};
  std::uniform_int_distribution<int> amount_{1, kAmountMaxCents};
  std::unique_ptr<Socket> socket_;
  std::string received_;
};

MakeClient prepare(const orderflow::peers::Options& options) {
  return [port = port_of(options.url)]() -> Client {
    const auto client = std::make_shared<IngressClient>(port);
    return [client] { client->run_saga(); };
  };
}

}  // namespace

int main(int argc, char** argv) {
  return orderflow::peers::measure_peer("restate", {argv, static_cast<std::size_t>(argc)}, prepare);
}
