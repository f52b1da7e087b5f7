#include "core/async/first_hit.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <stdexcept>

namespace orderflow::core {
namespace {

using MaybeInt = asio::awaitable<std::optional<int>>;

MaybeInt says(std::optional<int> value) { co_return value; }
MaybeInt fails() {
  throw std::runtime_error("no answer");
  co_return std::nullopt;
}
// Until it is cancelled.
MaybeInt waits(bool& cancelled) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  cancelled = error == asio::error::operation_aborted;
  co_return std::nullopt;
}

std::optional<int> first_of(std::vector<MaybeInt> asked) {
  asio::io_context context;
  auto found = asio::co_spawn(context, first_hit(std::move(asked)), asio::use_future);
  context.run();
  return found.get();
}
template <typename... Answers>
std::vector<MaybeInt> all(Answers... answers) {
  std::vector<MaybeInt> list;
  (list.push_back(std::move(answers)), ...);
  return list;
}

TEST_CASE("of what is asked at the same time the first value counts, and ends the others") {
  bool cancelled = false;
  CHECK(first_of(all(waits(cancelled), says({}), says(7))) == 7);
  CHECK(cancelled);
  CHECK(first_of(all(fails(), says(7))) == 7);
  CHECK(first_of(all(says({}), says({}))) == std::nullopt);
  CHECK(first_of({}) == std::nullopt);
  CHECK_THROWS_AS(first_of(all(says({}), fails())), std::runtime_error);
}

}  // namespace
}  // namespace orderflow::core
