#include "compose/probe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/support/wait.hpp"

using namespace orderflow::compose;
using boost::asio::ip::tcp;

TEST_CASE("a ready check finds who listens on the address it names, and nobody else") {
  const std::string address = GENERATE("127.0.0.1", "127.0.0.2", "::1");
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, {boost::asio::ip::make_address(address), 0});
  const auto outcome = [&](const std::string& host) {
    const ReadyCheck check{ReadyCheck::Kind::kTcp, acceptor.local_endpoint().port(), "", host};
    Probe probe(check);
    auto result = Probe::Result::kPending;
    orderflow::testing::wait_until("the check ends", [&] {
      result = probe.step(std::chrono::steady_clock::now());
      return result != Probe::Result::kPending;
    });
    return result;
  };
  INFO(address);
  CHECK(outcome(address) == Probe::Result::kReady);
  CHECK(outcome(address == "127.0.0.1" ? "127.0.0.3" : "127.0.0.1") == Probe::Result::kFailed);
}
