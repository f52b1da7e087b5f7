#include "core/async/one_shot.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace orderflow::core {
namespace {

using Answer = OneShot<int>;

// As a connection does that outlives its requests.
asio::awaitable<int> wait_in_turn(std::vector<std::shared_ptr<Answer>> answers) {
  co_await asio::this_coro::throw_if_cancelled(false);
  int aborted = 0;
  for (auto& answer : answers) {
    try {
      (void)co_await Answer::wait(answer);
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) ++aborted;
    }
  }
  co_return aborted;
}

TEST_CASE("what nobody waits for any more is abandoned, also when that was before the wait") {
  const auto first = std::make_shared<Answer>();
  const auto second = std::make_shared<Answer>();
  asio::io_context context;
  asio::cancellation_signal signal;
  auto aborted = asio::co_spawn(context, wait_in_turn({first, second}),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  context.poll();
  CHECK_FALSE(first->abandoned());
  SECTION("while it waits") {
    signal.emit(asio::cancellation_type::terminal);
    context.run();
    CHECK(first->abandoned());
    CHECK(aborted.get() == 2);
  }
  SECTION("after its answer, before it goes on") {
    first->set(1);
    signal.emit(asio::cancellation_type::terminal);
    context.run();
    CHECK(aborted.get() == 1);
  }
  CHECK(second->abandoned());
}

}  // namespace
}  // namespace orderflow::core
