#include "http-api/health/ops_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using boost::asio::ip::tcp;

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

}  // namespace
}  // namespace orderflow::http_api
