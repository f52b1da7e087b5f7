#include "http-api/server/server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "http-api/health/health.hpp"
#include "http-api/server/dispatcher.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::http_api {
namespace {

using testing::Millis;
using testing::RawConnection;

// More than kernels keep of what nobody reads.
constexpr std::size_t kLargeBody = 8 * 1024 * 1024;
constexpr const char* kRequest = "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kHalfAHeader = "GET /anything HTTP/1.1\r\nHost: x\r\nX-Slo";

// A server that takes this many connections, with health and one more route.
class Running {
 public:
  explicit Running(std::size_t connections_max)
      : dispatcher_(routes(), {}),
        server_(options(connections_max), dispatcher_, logger_, metrics_) {
    server_.start();
  }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::string ask(const std::string& path) const {
    RawConnection connection(port());
    (void)connection.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return connection.receive_all(Millis{10'000});
  }

 private:
  static ServerOptions options(std::size_t connections_max) {
    ServerOptions options;
    options.connections_max = connections_max;
    options.read_timeout = std::chrono::seconds{60};
    options.unsent_bytes_max = 4 * kLargeBody;
    options.stop_timeout = std::chrono::milliseconds{1};
    return options;
  }
  std::vector<Route> routes() {
    auto routes = health_routes(health_, metrics_);
    routes.push_back({Method::kGet,
                      "/anything",
                      [](RequestContext&) -> asio::awaitable<Response> { co_return Response{}; },
                      {.context = "test"}});
    routes.push_back({Method::kGet,
                      "/large",
                      [](RequestContext&) -> asio::awaitable<Response> {
                        co_return json_response(std::string(kLargeBody, 'x'));
                      },
                      {.context = "test"}});
    return routes;
  }

  core::Logger logger_{"test", core::LogLevel::kError};
  core::Metrics metrics_{"test"};
  core::Health health_;
  Dispatcher dispatcher_;
  Server server_;
};

TEST_CASE("beyond its limit of connections a server answers 503, and health as ever") {
  const Running server(2);
  RawConnection first(server.port());
  RawConnection second(server.port());
  REQUIRE(first.send(kHalfAHeader));
  REQUIRE(second.send(kHalfAHeader));
  testing::wait_until("the server is full",
                      [&] { return server.ask("/anything").starts_with("HTTP/1.1 503"); });
  CHECK(server.ask("/health/live").starts_with("HTTP/1.1 200"));
  CHECK(server.ask("/health/ready").starts_with("HTTP/1.1 200"));
  CHECK(server.ask("/metrics").starts_with("HTTP/1.1 200"));
  CHECK(server.ask("/nothing").starts_with("HTTP/1.1 503"));
}

TEST_CASE("idle connections keep nobody out: the one idle for longest makes room") {
  const Running server(2);
  RawConnection first(server.port());
  RawConnection second(server.port());
  for (RawConnection* idle : {&first, &second}) {
    REQUIRE(idle->send(kRequest));
    REQUIRE(idle->receive());
  }
  RawConnection third(server.port());
  REQUIRE(third.send(kRequest));
  CHECK(third.receive().value_or("").starts_with("HTTP/1.1 200"));
  CHECK(first.closed_within(Millis{10'000}));
  REQUIRE(second.send(kRequest));
  CHECK(second.receive().value_or("").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a full server's refused connections keep health from nobody, silent or half-way") {
  const bool half_way = GENERATE(false, true);
  CAPTURE(half_way);
  const Running server(1);
  RawConnection busy(server.port());
  REQUIRE(busy.send(kHalfAHeader));
  testing::wait_until("the server is full",
                      [&] { return server.ask("/anything").starts_with("HTTP/1.1 503"); });
  std::deque<RawConnection> others;
  for (int i = 0; i < 250; ++i) {
    others.emplace_back(server.port());
    if (half_way) REQUIRE(others.back().send(kHalfAHeader));
    if (i % 10 == 0) CHECK(server.ask("/health/live").starts_with("HTTP/1.1 200"));
  }
  CHECK(server.ask("/health/live").starts_with("HTTP/1.1 200"));
}

TEST_CASE("clients that send half a header and wait do not keep health from others") {
  const Running server(2);
  std::deque<RawConnection> clients;
  for (int i = 0; i < 150; ++i) {
    clients.emplace_back(server.port());
    (void)clients.back().send(kHalfAHeader);
  }
  testing::wait_until("health answers",
                      [&] { return server.ask("/health/live").starts_with("HTTP/1.1 200"); });
  // All but the two that the server took are told.
  int refused = 0;
  for (std::size_t i = 2; i < clients.size(); ++i) {
    const std::string answer = clients[i].receive_all(Millis{10'000});
    refused += answer.starts_with("HTTP/1.1 503") ? 1 : 0;
    CHECK(answer.find(R"("retryable":true)") != std::string::npos);
  }
  CHECK(refused == 148);
}

TEST_CASE("answers that clients do not take are held up to a limit") {
  const Running server(100);
  std::deque<RawConnection> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(server.port());
    REQUIRE(clients.back().send("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    REQUIRE(clients.back().receive());  // The answer is under way.
  }
  // Who has been at it for longest was cut off, for the fifth and the sixth.
  for (std::size_t i = 0; i < clients.size(); ++i) {
    INFO(i);
    const auto rest = clients[i].receive_all(Millis{10'000});
    CHECK((rest.size() > kLargeBody / 2) == (i >= 2));
  }
}

// The kernel's buffer for what is sent on each connection that this process has accepted.
std::vector<int> send_buffers_of(std::uint16_t port) {
  std::vector<int> sizes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int descriptor = std::stoi(entry.path().filename());
    sockaddr_in own{}, peer{};
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_size) != 0) continue;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
    if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
    int size = 0;
    socklen_t length = sizeof size;
    getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length);
    sizes.push_back(size);
  }
  return sizes;
}

TEST_CASE("the kernel keeps little of what a client does not take") {
  const Running server(10);
  RawConnection client(server.port());
  REQUIRE(client.send(kRequest));
  REQUIRE(client.receive());
  const auto sizes = send_buffers_of(server.port());
  REQUIRE(sizes.size() == 1);
  CHECK(sizes.front() <= 256 * 1024);
}

}  // namespace
}  // namespace orderflow::http_api
