#include "compose/port.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using orderflow::compose::is_port_taken;
using orderflow::compose::kEveryAddress;

TEST_CASE("a port on which somebody listens is taken, on that address and on every one") {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, {make_address("127.0.0.1"), 0});
  const auto port = acceptor.local_endpoint().port();
  CHECK(is_port_taken("127.0.0.1", port));
  CHECK(is_port_taken("0.0.0.0", port));
  CHECK(is_port_taken(kEveryAddress, port));
  CHECK_FALSE(is_port_taken("127.0.0.2", port));
  acceptor.close();
  CHECK_FALSE(is_port_taken("127.0.0.1", port));
}

TEST_CASE("a port that an outgoing connection holds is taken though nobody listens") {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, {make_address("127.0.0.1"), 0});
  tcp::socket outgoing(context);
  outgoing.connect(acceptor.local_endpoint());
  const auto port = outgoing.local_endpoint().port();
  CHECK(is_port_taken("127.0.0.1", port));
  CHECK(is_port_taken(kEveryAddress, port));
}

TEST_CASE("the connections of a server that has just ended do not hold its port") {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, {make_address("127.0.0.1"), 0});
  const auto port = acceptor.local_endpoint().port();
  tcp::socket client(context);
  client.connect(acceptor.local_endpoint());
  // Whoever closes first keeps the port in TIME_WAIT.
  acceptor.accept().close();
  acceptor.close();
  client.close();
  CHECK_FALSE(is_port_taken("127.0.0.1", port));
}

TEST_CASE("an address that this machine has not is not one that is taken") {
  CHECK_FALSE(is_port_taken("192.0.2.1", 1));
  CHECK_FALSE(is_port_taken("no address", 1));
}
