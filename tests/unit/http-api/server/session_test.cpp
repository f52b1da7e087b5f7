#include "http-api/server/session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/async/one_shot.hpp"
#include "core/observe/log.hpp"
#include "http-api/middleware/middleware.hpp"
#include "tests/support/wire.hpp"
#include "tests/support/wire_cases.hpp"

namespace orderflow::http_api {
namespace {

using testing::Wire;
using testing::WireCase;

Handler answer(int status) {
  return [status](RequestContext&) -> asio::awaitable<Response> {
    co_return json_response("{}", status);
  };
}

const Dispatcher& small_shop() {
  static const Dispatcher one(
      {{Method::kPost, "/orders", answer(422), {}}, {Method::kGet, "/products", answer(200), {}}},
      {});
  return one;
}

void check_case(const WireCase& one, std::size_t piece) {
  INFO(one.name << " in pieces of " << piece);
  const ServerOptions options;
  const auto outcome = Wire(options, small_shop()).run({one.bytes, one.endless, piece});
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
    check_case(one, 100'000);
    if (one.endless.empty()) {
      check_case(one, 1);
      check_case(one, 7);
    } else {
      check_case(one, one.endless.size());
    }
  }
}

TEST_CASE("a connection that waits for its next request holds next to nothing") {
  const ServerOptions options;
  const std::string padding(options.header_bytes_max - 200, 'x');
  const auto large = testing::get_products("Host: x\r\nX-A: " + padding + "\r\n");
  const auto outcome = Wire(options, small_shop()).run({large, {}, 1'000});
  CHECK(outcome.memory_max > options.header_bytes_max);
  CHECK(outcome.memory_idle <= std::size_t{16} * 1024);
}

// Waits until its client leaves.
asio::awaitable<Response> wait_for_leaving(RequestContext& context) {
  asio::steady_timer never(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  context.wait_on_purpose(std::chrono::seconds{30}, [&never] { never.cancel(); });
  boost::system::error_code ended;
  co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  co_return json_response("{}", context.client_left() ? 200 : 500);
}

TEST_CASE("a handler that waits is told that its client has left, whatever it had sent before") {
  const Dispatcher waiting({{Method::kGet, "/wait", wait_for_leaving, {}},
                            {Method::kGet, "/products", wait_for_leaving, {}}},
                           {});
  const std::string wait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
  // As much as is kept while somebody waits, and more.
  const std::string junk = "GET /products HTTP/1.1\r\nX-A: ";
  for (const auto& behind :
       {std::string(), std::string("GET"), testing::kNextRequest,
        junk + std::string(8192 - junk.size(), 'x'), junk + std::string(9'000, 'x')}) {
    INFO(behind.size());
    const std::string bytes = wait + behind;
    const auto outcome = Wire({}, waiting).run({bytes});
    CHECK_FALSE(outcome.gave_up);
    const std::vector<int> answers(behind == testing::kNextRequest ? 2 : 1, 200);
    CHECK(testing::statuses_of(outcome.answers) == answers);
  }
}

// Waits for an answer that never comes.
asio::awaitable<Response> wait_for_ever(RequestContext&) {
  (void)co_await core::OneShot<int>::wait(std::make_shared<core::OneShot<int>>());
  co_return json_response("{}");
}

// It was worked for as long as its deadline allowed, in front of those that still waited.
TEST_CASE("a handler whose client has left is cancelled, and the connection's next one is not") {
  core::Logger quiet("test", core::LogLevel::kError);
  const Dispatcher slow(
      {{Method::kGet, "/slow", wait_for_ever, {}}, {Method::kGet, "/products", answer(200), {}}},
      {error_boundary(quiet)});
  const std::string ask = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const auto& behind : {std::string(), std::string("GET"), testing::kNextRequest}) {
    INFO(behind);
    const std::string bytes = ask + behind;
    // A tick passes, well before its deadline.
    const auto outcome = Wire({}, slow).run({bytes, {}, 1'000, std::chrono::milliseconds{50}});
    CHECK_FALSE(outcome.gave_up);
    CHECK_FALSE(outcome.failure);
    const bool another = behind == testing::kNextRequest;
    CHECK(testing::statuses_of(outcome.answers) ==
          (another ? std::vector{499, 200} : std::vector{499}));
  }
}

TEST_CASE("a request that passes its deadline does not end its connection") {
  core::Logger quiet("test", core::LogLevel::kError);
  const Dispatcher slow({{Method::kGet, "/slow", wait_for_ever, {}}}, {error_boundary(quiet)});
  const ServerOptions options;
  const std::string ask = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto outcome =
      Wire(options, slow).run({ask, {}, 1'000, options.request_timeout + std::chrono::seconds{1}});
  CHECK(testing::statuses_of(outcome.answers) == std::vector{503});
  CHECK_FALSE(outcome.server_closed);
}

// Answers after a while, by which the session has begun to watch its client.
asio::awaitable<Response> answer_later(RequestContext&) {
  asio::steady_timer later(co_await asio::this_coro::executor, std::chrono::milliseconds{20});
  co_await later.async_wait(asio::use_awaitable);
  co_return json_response("{}");
}

TEST_CASE("who sends many requests at once is answered all of them, however long one takes") {
  const Dispatcher slow(
      {{Method::kGet, "/slow", answer_later, {}}, {Method::kGet, "/products", answer(200), {}}},
      {});
  std::string bytes = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<int> answers{200};
  while (bytes.size() < 20'000) {
    bytes += testing::kNextRequest;
    answers.push_back(200);
  }
  const auto outcome = Wire({}, slow).run({bytes, {}, 100'000, std::chrono::milliseconds{50}});
  CHECK_FALSE(outcome.gave_up);
  CHECK(testing::statuses_of(outcome.answers) == answers);
}

TEST_CASE("an empty line behind a request begins none, so that none is late") {
  const ServerOptions options;
  const auto after_reading_time = [&](const std::string& bytes) {
    const auto outcome =
        Wire(options, small_shop())
            .run({bytes, {}, 1'000, options.read_timeout + std::chrono::seconds{1}});
    return testing::statuses_of(outcome.answers);
  };
  CHECK(after_reading_time(testing::kNextRequest) == std::vector{200});
  CHECK(after_reading_time(testing::kNextRequest + "\r\n") == std::vector{200});
  CHECK(after_reading_time(testing::kNextRequest + "\r\nG") == std::vector{200, 408});
  CHECK(after_reading_time("\r\n").empty());
}

TEST_CASE("of a refused request the headers are known") {
  const auto echo = [](const Route&, Handler next) -> Handler {
    return [next = std::move(next)](RequestContext& context) -> asio::awaitable<Response> {
      Response response = co_await next(context);
      response.with("X-Correlation-ID", std::string(context.request.header("X-Correlation-ID")));
      co_return response;
    };
  };
  const Dispatcher echoing({{Method::kGet, "/products", wait_for_leaving, {}}}, {echo});
  for (const std::string line : {"Content-Length: 99999999", "Expect: tea", "Host: y",
                                 "Transfer-Encoding: gzip", "If-Match:"}) {
    INFO(line);
    const std::string bytes =
        testing::get_products("Host: x\r\nX-Correlation-ID: mine\r\n" + line + "\r\n");
    const auto outcome = Wire({}, echoing).run({bytes});
    CHECK(outcome.server_closed);
    CHECK(outcome.answers.find("X-Correlation-ID: mine\r\n") != std::string::npos);
  }
}

TEST_CASE("a stream that fails ends its connection") {
  const auto broken = [](RequestContext&) -> asio::awaitable<Response> {
    Response response;
    response.content_type = "text/event-stream";
    response.stream = [](ResponseStream& out) -> asio::awaitable<void> {
      co_await out.write(": begun\n\n");
      throw std::runtime_error("no more");
    };
    co_return response;
  };
  const Dispatcher streaming({{Method::kGet, "/products", broken, {}}}, {});
  const auto outcome = Wire({}, streaming).run({testing::kNextRequest});
  CHECK(outcome.failure);
  CHECK(outcome.server_closed);
  CHECK(outcome.answers.ends_with(": begun\n\n"));
}

}  // namespace
}  // namespace orderflow::http_api
