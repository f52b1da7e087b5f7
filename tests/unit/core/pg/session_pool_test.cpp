#include "core/pg/session_pool.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <latch>

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
      client.hear_until('S');
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

}  // namespace
}  // namespace orderflow::core
