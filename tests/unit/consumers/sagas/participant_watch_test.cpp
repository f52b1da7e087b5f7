#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "consumers/sagas/participant_watch.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;
using core::Uuid;
using saga::kDeliveryStep;
using saga::kPaymentStep;

constexpr Duration kInterval = 15s;

Uuid saga_id(int number) {
  return Uuid{{static_cast<std::uint8_t>(number / 256), static_cast<std::uint8_t>(number % 256)}};
}

// A watch with a clock, told in the words of the orchestrator.
class Watched {
 public:
  void run_out(int number, Duration tried = 30s, int step = kPaymentStep) {
    waits(number, step);
    watch_.observe({saga::ObservationKind::kExhausted, name_of(step), {}, tried}, now_);
  }
  void waits(int number, int step = kPaymentStep, const std::string& reason = {}) {
    watch_.stands(saga_id(number), waiting(step, reason));
  }
  void goes_on(int number, int step = kPaymentStep) {
    watch_.stands(saga_id(number), saga::State{});
    answer(step);
  }
  void answer(int step = kPaymentStep, Duration after = 1ms, int attempt = 1) {
    watch_.observe({saga::ObservationKind::kStepEnded, name_of(step), "done", after, attempt},
                   now_);
  }
  std::vector<Uuid> turns() {
    return watch_.take_turns(now_, [this](const Uuid& id) { return !stuck_.contains(id); });
  }
  void stuck(int first, int last) {
    for (int i = first; i <= last; ++i) stuck_.insert(saga_id(i));
  }
  void moving() { stuck_.clear(); }
  void advance(Duration by) { now_ += by; }

  static saga::State waiting(int step, const std::string& reason = {}) {
    saga::State state;
    state.step = step;
    state.attention = true;
    state.waiting_for = saga::WaitingFor::kOperator;
    state.reason = reason;
    return state;
  }

  ParticipantWatch& watch() { return watch_; }
  [[nodiscard]] Time now() const { return now_; }

 private:
  static std::string_view name_of(int step) {
    return saga::kOrderSaga.steps[static_cast<std::size_t>(step)].name;
  }
  ParticipantWatch watch_{kInterval};
  std::set<Uuid> stuck_;
  Time now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
};

TEST_CASE("one saga asks each interval, in turn, while a participant is down") {
  Watched watched;
  for (int i = 1; i <= 3; ++i) watched.run_out(i);
  CHECK(watched.watch().down(kPaymentStep));
  CHECK_FALSE(watched.watch().down(kDeliveryStep));
  CHECK(watched.turns().empty());
  CHECK(watched.watch().next_turn() == watched.now() + kInterval);
  std::vector<Uuid> asked;
  for (int i = 0; i < 4; ++i) {
    watched.advance(kInterval);
    const auto turns = watched.turns();
    REQUIRE(turns.size() == 1);
    asked.push_back(turns.front());
    CHECK(watched.turns().empty());
  }
  CHECK(asked == std::vector{saga_id(1), saga_id(2), saga_id(3), saga_id(1)});
}

TEST_CASE("a saga that fails alone while others are answered does not make its participant down") {
  Watched watched;
  watched.answer();
  watched.advance(5s);
  watched.run_out(1, 30s);
  CHECK_FALSE(watched.watch().down(kPaymentStep));
  CHECK(watched.watch().next_turn() == Time::max());
}

TEST_CASE("an answer from the first half of a saga's attempts does not hide the outage") {
  Watched watched;
  watched.answer();
  watched.advance(29s);
  watched.run_out(1, 30s);
  CHECK(watched.watch().down(kPaymentStep));
}

TEST_CASE("the first answer lets the others ask in waves") {
  Watched watched;
  constexpr auto kWave = static_cast<int>(ParticipantWatch::kWave);
  for (int i = 1; i <= 2 * kWave + 50; ++i) watched.run_out(i);
  watched.goes_on(1);
  CHECK_FALSE(watched.watch().down(kPaymentStep));
  const auto first = watched.turns();
  CHECK(first.size() == kWave);
  CHECK(watched.turns().empty());

  SECTION("the next goes when the last is answered") {
    for (int i = 2; i <= kWave + 1; ++i) watched.goes_on(i);
    CHECK(watched.turns().size() == kWave);
    for (int i = kWave + 2; i <= 2 * kWave + 1; ++i) watched.goes_on(i);
    CHECK(watched.turns().size() == 49);
    for (int i = 2 * kWave + 2; i <= 2 * kWave + 50; ++i) watched.goes_on(i);
    CHECK(watched.watch().next_turn() == Time::max());
    CHECK(watched.watch().count(kPaymentStep).attention == 0);
  }
  SECTION("or an interval after it, when only some are answered") {
    watched.advance(1s);
    watched.goes_on(2);
    watched.advance(kInterval);
    CHECK(watched.turns().size() == kWave);
  }
  SECTION("a wave nobody answers means down again") {
    watched.advance(kInterval);
    CHECK(watched.turns().empty());
    CHECK(watched.watch().down(kPaymentStep));
    watched.advance(kInterval);
    CHECK(watched.turns().size() == 1);
  }
}

TEST_CASE("when nobody waits any more nothing is believed") {
  Watched watched;
  watched.run_out(1);
  watched.watch().stands(saga_id(1), saga::State{});
  CHECK_FALSE(watched.watch().down(kPaymentStep));
  CHECK(watched.watch().next_turn() == Time::max());
}

TEST_CASE("sagas found at a grant send one of them to ask at once") {
  Watched watched;
  watched.watch().found({{saga_id(1), kDeliveryStep, saga::WaitingFor::kOperator, {}},
                         {saga_id(2), kDeliveryStep, saga::WaitingFor::kOperator, {}},
                         {saga_id(3), kPaymentStep, saga::WaitingFor::kResume, "paused: x"}});
  CHECK(watched.turns() == std::vector{saga_id(1)});
  CHECK_FALSE(watched.watch().down(kPaymentStep));
  watched.watch().forget_if([](const Uuid&) { return true; });
  CHECK_FALSE(watched.watch().down(kDeliveryStep));
}

TEST_CASE("who waits is counted: paused sagas too, failed undos by name") {
  Watched watched;
  auto paused = Watched::waiting(kPaymentStep, "paused: stock-taking");
  paused.waiting_for = saga::WaitingFor::kResume;
  watched.watch().stands(saga_id(1), paused);
  watched.waits(2, kPaymentStep, "undo_failed: payment: no_reply_in_time");
  watched.waits(3, kDeliveryStep, "delivery: no_reply_in_time");
  CHECK(watched.watch().count(kPaymentStep).attention == 2);
  CHECK(watched.watch().count(kPaymentStep).undo_failed == 1);
  CHECK(watched.watch().count(kDeliveryStep).attention == 1);
  CHECK(watched.watch().count(kDeliveryStep).undo_failed == 0);
  watched.waits(2, kPaymentStep, "payment: no_reply_in_time");
  CHECK(watched.watch().count(kPaymentStep).undo_failed == 0);
  watched.waits(2, kDeliveryStep, "undo_failed: delivery: no_reply_in_time");
  CHECK(watched.watch().count(kPaymentStep).attention == 1);
  CHECK(watched.watch().count(kDeliveryStep).attention == 2);
  CHECK(watched.watch().count(kDeliveryStep).undo_failed == 1);
  watched.goes_on(2);
  watched.watch().forget_if([](const Uuid& id) { return id == saga_id(3); });
  CHECK(watched.watch().count(kPaymentStep).attention == 1);
  CHECK(watched.watch().count(kDeliveryStep).attention == 0);
  CHECK(watched.watch().count(kDeliveryStep).undo_failed == 0);
}

TEST_CASE("who answers late is asked again later, within bounds, and each by itself") {
  Watched watched;
  CHECK(watched.watch().patience(kPaymentStep, 5s) == 5s);
  watched.answer(kPaymentStep, 2s);
  CHECK(watched.watch().patience(kPaymentStep, 5s) == 5s);
  for (int i = 0; i < 100; ++i) watched.answer(kPaymentStep, 8s);
  CHECK(watched.watch().patience(kPaymentStep, 5s) > 15s);
  CHECK(watched.watch().patience(kPaymentStep, 5s) <= 16s);
  CHECK(watched.watch().patience(kDeliveryStep, 5s) == 5s);
  for (int i = 0; i < 100; ++i) watched.answer(kPaymentStep, 1h);
  CHECK(watched.watch().patience(kPaymentStep, 5s) == 30s);
  for (int i = 0; i < 100; ++i) watched.answer(kPaymentStep, 10ms);
  CHECK(watched.watch().patience(kPaymentStep, 5s) == 5s);
}

TEST_CASE("who cannot ask now keeps its turn and takes nobody else's") {
  Watched watched;
  constexpr auto kWave = static_cast<int>(ParticipantWatch::kWave);
  SECTION("while the participant is down") {
    for (int i = 1; i <= 3; ++i) watched.run_out(i);
    watched.stuck(1, 2);
    watched.advance(kInterval);
    CHECK(watched.turns() == std::vector{saga_id(3)});
    watched.stuck(1, 3);
    watched.advance(kInterval);
    CHECK(watched.turns().empty());
    watched.moving();
    watched.advance(kInterval);
    CHECK(watched.turns() == std::vector{saga_id(1)});
  }
  SECTION("in the waves after it") {
    for (int i = 1; i <= 2 * kWave + 1; ++i) watched.run_out(i);
    watched.stuck(2, kWave + 1);
    watched.goes_on(1);
    const auto first = watched.turns();
    REQUIRE(first.size() == kWave);
    CHECK(first.front() == saga_id(kWave + 2));
    for (int i = kWave + 2; i <= 2 * kWave + 1; ++i) watched.goes_on(i);
    CHECK(watched.turns().empty());
    watched.moving();
    watched.advance(kInterval);
    CHECK(watched.turns().size() == kWave);
  }
}

TEST_CASE("patience ends within the time in which every order has moved after a fault") {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.answer(kPaymentStep, 1h);
  for (const auto least : {1s, 5s, 10s, 60s, 3600s}) {
    const auto most = watched.watch().patience(kPaymentStep, least);
    CHECK(most >= 2 * least);
    CHECK(most < 30s + 2 * least);
  }
}

TEST_CASE("answers to later attempts say nothing about how long the participant takes") {
  Watched watched;
  for (int i = 0; i < 100; ++i) watched.answer(kPaymentStep, 20s, 2);
  CHECK(watched.watch().patience(kPaymentStep, 5s) == 5s);
}

}  // namespace
}  // namespace orderflow::consumers
