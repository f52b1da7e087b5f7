#include "http-api/health/ops_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

using boost::asio::ip::tcp;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

bool connects(const char* address, std::uint16_t port) {
  boost::asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::make_address(address), port}, error);
  return !error;
}

TEST_CASE("health and metrics of a role are served on the address it is given, and no other") {
  core::Logger logger("test", core::LogLevel::kError);
  core::Metrics metrics("test");
  core::Health health;
  OpsServer server("127.0.0.2", 0, metrics, health, logger);
  server.start();
  CHECK(connects("127.0.0.2", server.port()));
  CHECK_FALSE(connects("127.0.0.1", server.port()));
}

TEST_CASE("a busy port of health and metrics is an error that names its setting") {
  core::Logger logger("test", core::LogLevel::kError);
  core::Metrics metrics("test");
  core::Health health;
  OpsServer first("127.0.0.1", 0, metrics, health, logger);
  first.start();
  OpsServer second("127.0.0.1", first.port(), metrics, health, logger);
  CHECK_THROWS_MATCHES(second.start(), core::BadConfiguration,
                       MessageMatches(ContainsSubstring("port " + std::to_string(first.port())) &&
                                      ContainsSubstring("ORDERFLOW_METRICS_PORT_BASE")));
}

TEST_CASE("an address that is not this machine's is an error that names its setting") {
  core::Logger logger("test", core::LogLevel::kError);
  core::Metrics metrics("test");
  core::Health health;
  // TEST-NET-1 (RFC 5737): nobody's.
  OpsServer server("192.0.2.1", 0, metrics, health, logger);
  CHECK_THROWS_MATCHES(
      server.start(), core::BadConfiguration,
      MessageMatches(ContainsSubstring("192.0.2.1") && ContainsSubstring("ORDERFLOW_HTTP_HOST")));
}

}  // namespace
}  // namespace orderflow::http_api
