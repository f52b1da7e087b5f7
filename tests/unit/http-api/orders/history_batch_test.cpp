#include "http-api/orders/history_batch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <stdexcept>

namespace orderflow::http_api {
namespace {

namespace asio = boost::asio;

using Outcome = HistoryRead::Outcome;
using Wait = std::future<Outcome>;

constexpr std::int64_t kRowsMax = 500;

HistoryRead read_of(const core::Uuid& order, std::int32_t limit, std::int64_t after = 0) {
  return {{order, after, limit}};
}

std::vector<EventRow> events_up_to(std::int64_t sequence) {
  std::vector<EventRow> events(1);
  events.front().sequence = sequence;
  return events;
}

// Lets somebody wait for each of the reads.
std::vector<Wait> wait_for_all(asio::io_context& context, const std::vector<HistoryRead>& reads) {
  std::vector<Wait> waits;
  waits.reserve(reads.size());
  for (const auto& read : reads) {
    waits.push_back(
        asio::co_spawn(context, core::OneShot<Outcome>::wait(read.outcome), asio::use_future));
  }
  return waits;
}

std::int64_t last_sequence(Wait& wait) { return std::get<Events>(wait.get())->back().sequence; }

TEST_CASE("a batch of histories is bounded by the rows that its reads ask for") {
  HistoryBatch batch(kRowsMax);
  CHECK(batch.add(read_of(core::new_uuid_v7(), 201)));
  CHECK(batch.add(read_of(core::new_uuid_v7(), 201)));
  CHECK_FALSE(batch.add(read_of(core::new_uuid_v7(), 201)));
  CHECK(batch.add(read_of(core::new_uuid_v7(), 98)));
  CHECK_FALSE(batch.add(read_of(core::new_uuid_v7(), 1)));
  CHECK(batch.questions().size() == 3);
  // Whatever one asks for is read: or nobody would come past it.
  HistoryBatch small(10);
  CHECK(small.add(read_of(core::new_uuid_v7(), 201)));
}

TEST_CASE("equal reads are one question, and count as what they are answered with") {
  const auto order = core::new_uuid_v7();
  HistoryBatch batch(kRowsMax);
  const std::vector reads{read_of(order, 200), read_of(order, 200), read_of(order, 50, 7)};
  for (const auto& read : reads) REQUIRE(batch.add(read));
  CHECK_FALSE(batch.add(read_of(order, 200)));
  REQUIRE(batch.questions() == std::vector<HistoryQuestion>{{order, 0, 200}, {order, 7, 50}});

  asio::io_context context;
  auto waits = wait_for_all(context, reads);
  SECTION("answered") {
    batch.answer({events_up_to(3), events_up_to(8)});
    context.run();
    CHECK(last_sequence(waits[0]) == 3);
    CHECK(last_sequence(waits[1]) == 3);
    CHECK(last_sequence(waits[2]) == 8);
  }
  SECTION("failed") {
    batch.fail(std::make_exception_ptr(std::runtime_error("no")));
    context.run();
    for (auto& wait : waits) CHECK(std::get<0>(wait.get()) != nullptr);
  }
}

TEST_CASE("a history that nobody waits for any more is not read") {
  const auto left = read_of(core::new_uuid_v7(), 200);
  asio::io_context context;
  asio::cancellation_signal signal;
  auto wait = asio::co_spawn(context, core::OneShot<Outcome>::wait(left.outcome),
                             asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  HistoryBatch batch(kRowsMax);
  for (int i = 0; i < 100; ++i) CHECK(batch.add(left));
  CHECK(batch.questions().empty());
}

}  // namespace
}  // namespace orderflow::http_api
