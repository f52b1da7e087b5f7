#include "http-api/server/session.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "core/observe/log.hpp"
#include "tests/support/wire.hpp"
#include "tests/support/wire_cases.hpp"

namespace orderflow::http_api {
namespace {

using testing::Wire;
using testing::WireCase;

const Dispatcher& shop() {
  const auto answer = [](int status) -> Handler {
    return [status](RequestContext&) -> asio::awaitable<Response> {
      co_return json_response("{}", status);
    };
  };
  static const Dispatcher one(
      {{Method::kPost, "/orders", answer(422), {}}, {Method::kGet, "/products", answer(200), {}}},
      {});
  return one;
}

void check(const WireCase& one, std::size_t piece) {
  INFO(one.name << " in pieces of " << piece);
  const ServerOptions options;
  const auto outcome = Wire(options, shop()).run({one.bytes, one.endless, piece});
  INFO(outcome.answers);
  CHECK_FALSE(outcome.failure);
  CHECK_FALSE(outcome.gave_up);
  CHECK(testing::statuses_of(outcome.answers) == one.statuses);
  CHECK(outcome.server_closed == one.closed);
  CHECK(outcome.memory_max <=
        options.header_bytes_max + options.body_bytes_max + std::size_t{64} * 1024);
}

TEST_CASE("what a peer may send is served or refused, however the network cuts it") {
  for (const WireCase& one : testing::wire_cases()) {
    check(one, 100'000);
    if (one.endless.empty()) {
      check(one, 1);
      check(one, 7);
    } else {
      check(one, one.endless.size());
    }
  }
}

TEST_CASE("a connection that waits for its next request holds next to nothing") {
  const ServerOptions options;
  const std::string padding(options.header_bytes_max - 200, 'x');
  const auto large = testing::get_products("Host: x\r\nX-A: " + padding + "\r\n");
  const auto outcome = Wire(options, shop()).run({large, {}, 1'000});
  CHECK(outcome.memory_max > options.header_bytes_max);
  CHECK(outcome.memory_idle <= std::size_t{16} * 1024);
}

}  // namespace
}  // namespace orderflow::http_api
