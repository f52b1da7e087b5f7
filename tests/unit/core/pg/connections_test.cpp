#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <thread>

#include "core/pg/liveness.hpp"
#include "core/pg/session.hpp"

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

// An idle connection as the two sides of a socket see it.
class IdleConnection {
 public:
  IdleConnection() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
  ~IdleConnection() {
    ::close(ends_[0]);
    server_closes();
  }
  IdleConnection(const IdleConnection&) = delete;
  IdleConnection& operator=(const IdleConnection&) = delete;

  [[nodiscard]] bool left() const { return server_has_left(ends_[0]); }
  void server_says(std::string_view bytes) const {
    REQUIRE(::write(ends_[1], bytes.data(), bytes.size()) == std::ssize(bytes));
  }
  void server_closes() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST_CASE("an idle connection is known to have ended, whatever the server said before") {
  IdleConnection connection;
  CHECK_FALSE(connection.left());

  SECTION("it closed without a word") {}
  SECTION("it gave notice, as an immediate stop does") {
    connection.server_says({"N\0\0\0\x05\0", 6});
  }
  SECTION("it reported a parameter") { connection.server_says({"S\0\0\0\x06\0\0", 7}); }
  CHECK_FALSE(connection.left());
  connection.server_closes();
  CHECK(connection.left());
}

TEST_CASE("a connection whose server says it shuts down counts as ended before it closes") {
  const IdleConnection connection;
  connection.server_says({"E\0\0\0\x05\0", 6});
  CHECK(connection.left());
}

// Lets a client in as PostgreSQL does and says nothing any more.
class MuteServer {
 public:
  [[nodiscard]] std::string url() const {
    return "postgres://u@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
           "/d?sslmode=disable&gssencmode=disable";
  }

 private:
  void serve() {
    tcp::socket client = acceptor_.accept();
    std::array<char, 1024> bytes{};
    client.read_some(boost::asio::buffer(bytes));
    // AuthenticationOk, a ParameterStatus, ReadyForQuery.
    constexpr std::string_view kWelcome(
        "R\0\0\0\x08\0\0\0\0"
        "S\0\0\0\x18server_version\0"
        "15.0\0"
        "Z\0\0\0\x05I",
        40);
    boost::asio::write(client, boost::asio::buffer(kWelcome));
    boost::system::error_code until_the_client_leaves;
    boost::asio::read(client, boost::asio::buffer(bytes), until_the_client_leaves);
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::jthread thread_{[this] { serve(); }};
};

TEST_CASE("a database that hangs after letting a connection in keeps nobody waiting") {
  const MuteServer server;
  PgSession session(DatabaseUrl(server.url()),
                    {.role = "orderflow_orders", .answer_timeout = 100ms});
  static constexpr PgStatement kOne{"one", "SELECT 1"};
  CHECK_THROWS_AS(session.execute(kOne), Unavailable);
}

}  // namespace
}  // namespace orderflow::core
