#include "http-api/server/server.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <string>

#include "http-api/health/health.hpp"
#include "http-api/server/dispatcher.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::http_api {
namespace {

using testing::Millis;
using testing::RawConnection;

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
    options.stop_timeout = std::chrono::milliseconds{1};
    return options;
  }
  std::vector<Route> routes() {
    auto routes = health_routes(health_, metrics_);
    routes.push_back({Method::kGet,
                      "/anything",
                      [](RequestContext&) -> asio::awaitable<Response> { co_return Response{}; },
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
    refused += clients[i].receive_all(Millis{10'000}).starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  CHECK(refused == 148);
}

}  // namespace
}  // namespace orderflow::http_api
