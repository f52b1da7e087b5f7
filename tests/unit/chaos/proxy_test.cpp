#include "tests/chaos/proxy.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "tests/support/http_client.hpp"

namespace orderflow::chaos {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::RawConnection;

// A server of one connection at a time, and a client that reaches it through a proxy.
struct Way {
  Way() { proxy.forward_to(acceptor.local_endpoint().port()); }

  void connect() {
    client.emplace(proxy.port());
    REQUIRE(client->connected());
    server.emplace(acceptor.accept());
  }
  void say(std::string_view text) { asio::write(*server, asio::buffer(text)); }
  std::string heard() {
    std::string text(5, ' ');
    boost::system::error_code error;
    const auto size = asio::read(*server, asio::buffer(text), error);
    return error ? "end" : text.substr(0, size);
  }

  asio::io_context context;
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  Proxy proxy;
  std::optional<RawConnection> client;
  std::optional<tcp::socket> server;
};

constexpr std::string_view kCommitted(
    "C\0\0\0\x0b"
    "COMMIT\0",
    12);

TEST_CASE("a proxy without a fault passes everything on, both ways and to the end") {
  Way way;
  way.connect();
  REQUIRE(way.client->send("hello"));
  CHECK(way.heard() == "hello");
  way.say(kCommitted);
  CHECK(way.client->receive() == std::string(kCommitted));
  way.server->close();
  CHECK(way.client->closed_within(Millis{5'000}));
}

TEST_CASE("an answer of COMMIT is lost with its connection, once for each asked for") {
  Way way;
  way.proxy.lose_commits(1);
  way.connect();
  way.say("T....");
  CHECK(way.client->receive() == "T....");
  way.say(std::string("D..") + std::string(kCommitted));
  CHECK(way.client->receive() == "");
  CHECK(way.heard() == "end");
  CHECK(way.proxy.commits_lost() == 1);
  way.connect();
  way.say(kCommitted);
  CHECK(way.client->receive() == std::string(kCommitted));
}

TEST_CASE("what is held is lost by the cut") {
  Way way;
  way.connect();
  way.proxy.hold(true);
  REQUIRE(way.client->send("hello"));
  CHECK_FALSE(way.client->receive(Millis{50}));
  way.proxy.cut();
  CHECK(way.client->closed_within(Millis{5'000}));
  CHECK(way.heard() == "end");
  way.proxy.heal();
  way.connect();
  REQUIRE(way.client->send("again"));
  CHECK(way.heard() == "again");
}

TEST_CASE("a deaf connection passes nothing, not even its end, and only new ones do afterwards") {
  Way way;
  way.connect();
  way.proxy.deafen(true);
  way.connect();  // Comes meanwhile.
  REQUIRE(way.client->send("hello"));
  CHECK_FALSE(way.client->receive(Millis{50}));
  way.proxy.deafen(false);
  REQUIRE(way.client->send("hello"));
  way.server->close();
  CHECK_FALSE(way.client->closed_within(Millis{200}));
  way.connect();
  REQUIRE(way.client->send("again"));
  CHECK(way.heard() == "again");
}

TEST_CASE("a refused connection ends at once, and others come through again after it") {
  Way way;
  way.proxy.refuse(true);
  RawConnection refused(way.proxy.port());
  CHECK(refused.closed_within(Millis{5'000}));
  way.proxy.heal();
  way.connect();
}

TEST_CASE("a delayed answer comes late and whole") {
  Way way;
  way.connect();
  way.proxy.delay(Millis{200});
  const auto began = std::chrono::steady_clock::now();
  way.say("late.");
  CHECK(way.client->receive() == "late.");
  CHECK(std::chrono::steady_clock::now() - began >= Millis{200});
}

}  // namespace
}  // namespace orderflow::chaos
