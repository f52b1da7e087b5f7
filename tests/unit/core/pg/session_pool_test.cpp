#include "core/pg/session_pool.hpp"

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <latch>
#include <list>
#include <memory>

#include "tests/support/scripted_postgres.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::core {
namespace {

using testing::PgClient;
using testing::ScriptedPostgres;

constexpr PgStatement kSelectOne{nullptr, "SELECT 1"};
constexpr int kSessions = 4;

// Runs the same work as several jobs at once; how many threw Unavailable.
template <typename Work>
int failures_of(SessionPool& pool, int jobs, const Work& work) {
  boost::asio::io_context context;
  std::vector<std::future<bool>> running;
  for (int i = 0; i < jobs; ++i) {
    running.push_back(
        boost::asio::co_spawn(context, pool.run(Work(work)), boost::asio::use_future));
  }
  context.run();
  int failed = 0;
  for (auto& one : running) {
    try {
      (void)one.get();
    } catch (const Unavailable&) {
      ++failed;
    }
  }
  return failed;
}

// The network forgets connections without a word: those of before `cut` get no answer.
TEST_CASE("of all sessions that were cut off unnoticed, one costs a caller its time-out") {
  std::atomic<bool> cut = false;
  const ScriptedPostgres server([&cut](PgClient& client) {
    const bool before = !cut;
    client.welcome(1);
    while (true) {
      client.hear_message('S');
      if (before && cut) client.stay_mute();
      client.say(testing::pg_answer({"x"}) + std::string(testing::kPgReady));
    }
  });
  SessionPool pool(DatabaseUrl(server.url()),
                   {.application_name = "test",
                    .role = "orderflow_orders",
                    .answer_timeout = std::chrono::milliseconds{500}},
                   kSessions);
  std::latch all_connected(kSessions);
  const auto meet = [&all_connected](PgSession& session) {
    session.connect();
    all_connected.arrive_and_wait();
    return true;
  };
  REQUIRE(failures_of(pool, kSessions, meet) == 0);
  REQUIRE(server.clients() == kSessions);

  cut = true;
  const auto ask = [](PgSession& session) { return session.execute(kSelectOne).rows() == 1; };
  CHECK(failures_of(pool, 1, ask) == 1);
  for (int i = 0; i < 3 * kSessions; ++i) CHECK(failures_of(pool, 1, ask) == 0);
}

// Callers of a pool with one session, which are cancelled as requests are. No job asks a database.
class Callers {
 public:
  // Spawns a caller of `work`, and has it ask.
  template <typename Work>
  std::future<bool> ask(Work work) {
    auto asked =
        boost::asio::co_spawn(context_, pool_->run(std::move(work)),
                              boost::asio::bind_cancellation_slot(signals_.emplace_back().slot(),
                                                                  boost::asio::use_future));
    poll();
    return asked;
  }
  // Keeps the session at work until the latch opens.
  std::future<bool> hold(std::latch& open) {
    std::latch begun(1);
    auto held = ask([&begun, &open](PgSession&) {
      begun.count_down();
      open.wait();
      return true;
    });
    begun.wait();
    return held;
  }
  void cancel_last() {
    signals_.back().emit(boost::asio::cancellation_type::terminal);
    poll();
  }
  // Until all that were asked are answered.
  void finish() {
    context_.restart();
    context_.run();
  }

 private:
  void poll() {
    context_.restart();
    context_.poll();
  }

  std::list<boost::asio::cancellation_signal> signals_;
  boost::asio::io_context context_;
  std::unique_ptr<SessionPool> pool_ =
      std::make_unique<SessionPool>(DatabaseUrl("postgres://nobody@127.0.0.1:1/none"),
                                    PgSessionOptions{.application_name = "t"}, 1);
};

TEST_CASE("a job that nobody waits for any more is skipped, one that has begun goes on") {
  Callers callers;
  std::latch open(1);
  auto begun = callers.hold(open);
  callers.cancel_last();
  CHECK_THROWS_AS(begun.get(), boost::system::system_error);
  bool skipped = true;
  auto left = callers.ask([&skipped](PgSession&) {
    skipped = false;
    return true;
  });
  callers.cancel_last();
  CHECK_THROWS_AS(left.get(), boost::system::system_error);
  auto stayed = callers.ask([](PgSession&) { return true; });
  open.count_down();
  callers.finish();
  CHECK(stayed.get());
  CHECK(skipped);
}

TEST_CASE("jobs that nobody waits for keep no living one out of a full queue") {
  Callers callers;
  std::latch open(1);
  auto held = callers.hold(open);
  constexpr int kMoreThanWait = 3'000;
  for (int i = 0; i < kMoreThanWait; ++i) {
    auto left = callers.ask([](PgSession&) { return true; });
    callers.cancel_last();
    CHECK_THROWS_AS(left.get(), boost::system::system_error);
  }
  auto stayed = callers.ask([](PgSession&) { return true; });
  open.count_down();
  callers.finish();
  CHECK(held.get());
  CHECK(stayed.get());
}

}  // namespace
}  // namespace orderflow::core
