#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <list>
#include <pqxx/pqxx>

#include "core/pg/database_url.hpp"
#include "http-api/orders/order_reader.hpp"
#include "tests/integration/orchestrator_harness.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

namespace asio = boost::asio;

constexpr int kJobs = 500;

std::string id_of_job(int number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 12 - digits.size(), '0');
  return "01942000-0000-7000-8000-" + digits;
}

void wait_for_lock_waiter(const MigratedDatabase& database,
                          const std::string& table = "orders.requests") {
  wait_until("the first query is under way", [&] {
    return database.sql().number(
               "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table +
               "'::regclass") == 1;
  });
}

TEST_CASE("hundreds that ask for jobs are answered by one query", "[order-reader]") {
  const MigratedDatabase database;
  for (int i = 0; i < kJobs; ++i) {
    database.sql().execute(
        "INSERT INTO orders.requests (id, order_id, shard, kind, actor, correlation_id, "
        "traceparent)"
        " VALUES ('" +
        id_of_job(i) + "', gen_random_uuid(), 1, 'retry', 'a', 'c', '')");
  }
  core::Metrics metrics("test");
  asio::io_context context;
  http_api::OrderReader reader(database.settings(), metrics);
  pqxx::connection connection(core::DatabaseUrl(database.url()).conninfo());
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE orders.requests IN ACCESS EXCLUSIVE MODE");
  int answered = 0;
  const auto ask = [&](int number) -> asio::awaitable<void> {
    const auto job = co_await reader.job(core::Uuid::parse(id_of_job(number)).value());
    if (job && job->id.to_string() == id_of_job(number)) ++answered;
  };
  asio::co_spawn(context, ask(0), asio::detached);
  context.poll();
  wait_for_lock_waiter(database);
  for (int i = 1; i < kJobs; ++i) asio::co_spawn(context, ask(i), asio::detached);
  context.poll();  // All of them ask.
  lock.commit();
  context.run();
  CHECK(answered == kJobs);
  // The first query answered the one that had asked when it began, the second all others.
  CHECK(metrics.render().find("orderflow_order_read_size_count 2\n") != std::string::npos);
}

TEST_CASE("reads that nobody waits for any more are not asked for", "[order-reader]") {
  const MigratedDatabase database;
  core::Metrics metrics("test");
  asio::io_context context;
  http_api::OrderReader reader(database.settings(), metrics);
  pqxx::connection connection(core::DatabaseUrl(database.url()).conninfo());
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE orders.requests IN ACCESS EXCLUSIVE MODE");
  const auto ask = [&](int number) -> asio::awaitable<void> {
    (void)co_await reader.job(core::Uuid::parse(id_of_job(number)).value());
  };
  asio::co_spawn(context, ask(0), asio::detached);
  context.poll();
  wait_for_lock_waiter(database);
  std::list<asio::cancellation_signal> clients;
  for (int i = 1; i < kJobs; ++i) {
    asio::co_spawn(context, ask(i),
                   asio::bind_cancellation_slot(clients.emplace_back().slot(), asio::detached));
  }
  context.poll();
  for (auto& client : clients) client.emit(asio::cancellation_type::terminal);
  context.poll();
  lock.commit();
  context.run();
  reader.stop();  // Nothing is left to be read.
  CHECK(metrics.render().find("orderflow_order_read_size_count 1\n") != std::string::npos);
}

TEST_CASE("a row that cannot be read fails those alone who asked for it", "[order-reader]") {
  const Sagas sagas;
  const core::Uuid bad = Sagas::id_in(0, false);
  const core::Uuid good = Sagas::id_in(0, true);
  for (const auto& id : {bad, good}) sagas.insert_due(id);
  sagas.database.sql().execute("UPDATE orders.sagas SET steps = 'garbage' WHERE order_id = '" +
                               bad.to_string() + "'");
  core::Metrics metrics("test");
  asio::io_context context;
  http_api::OrderReader reader(sagas.database.settings(), metrics);
  pqxx::connection connection(core::DatabaseUrl(sagas.database.url()).conninfo());
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE orders.sagas IN ACCESS EXCLUSIVE MODE");
  int found = 0;
  int failed = 0;
  const auto ask = [&](core::Uuid id) -> asio::awaitable<void> {
    try {
      if (co_await reader.saga(id) && co_await reader.order(id)) ++found;
    } catch (const core::UnreadableRow& unreadable) {
      CHECK(unreadable.subject() == "the saga of order " + bad.to_string());
      ++failed;
    }
  };
  asio::co_spawn(context, ask(good), asio::detached);
  context.poll();
  wait_for_lock_waiter(sagas.database, "orders.sagas");
  for (const auto& id : {bad, good, bad, good}) asio::co_spawn(context, ask(id), asio::detached);
  context.poll();  // The four ask by one query.
  lock.commit();
  context.run();
  CHECK(found == 3);
  CHECK(failed == 2);
}

}  // namespace
}  // namespace orderflow::testing
