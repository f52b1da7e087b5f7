#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "consumers/sagas/participant_health.hpp"
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

// With a clock, told what the orchestrator tells.
class Told {
 public:
  void run_out(int number, Duration tried = 30s, int step = kPaymentStep) {
    waits(number, step);
    health_.observe({saga::ObservationKind::kExhausted, name_of(step), {}, tried}, now_);
  }
  void waits(int number, int step = kPaymentStep, const std::string& reason = {}) {
    health_.update(saga_id(number), waiting(step, reason));
  }
  void goes_on(int number, int step = kPaymentStep) {
    health_.update(saga_id(number), saga::State{});
    answer(step);
  }
  void answer(int step = kPaymentStep, Duration after = 1ms, int attempt = 1) {
    health_.observe({saga::ObservationKind::kStepEnded, name_of(step), "done", after, attempt},
                    now_);
  }
  std::vector<Uuid> probes() {
    return health_.take_probes(now_, [this](const Uuid& id) { return !stuck_.contains(id); });
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

  ParticipantHealth& health() { return health_; }
  [[nodiscard]] Time now() const { return now_; }

 private:
  static std::string_view name_of(int step) {
    return saga::kOrderSaga.steps[static_cast<std::size_t>(step)].name;
  }
  ParticipantHealth health_{kInterval};
  std::set<Uuid> stuck_;
  Time now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
};

TEST_CASE("while a breaker is open one saga sends a probe each interval, in turn") {
  Told told;
  for (int i = 1; i <= 3; ++i) told.run_out(i);
  CHECK_FALSE(told.health().available(kPaymentStep));
  CHECK(told.health().available(kDeliveryStep));
  CHECK(told.probes().empty());
  CHECK(told.health().next_probe() == told.now() + kInterval);
  std::vector<Uuid> asked;
  for (int i = 0; i < 4; ++i) {
    told.advance(kInterval);
    const auto probes = told.probes();
    REQUIRE(probes.size() == 1);
    asked.push_back(probes.front());
    CHECK(told.probes().empty());
  }
  CHECK(asked == std::vector{saga_id(1), saga_id(2), saga_id(3), saga_id(1)});
}

TEST_CASE("a saga that runs out of attempts while others are answered opens no breaker") {
  Told told;
  told.answer();
  told.advance(5s);
  told.run_out(1, 30s);
  CHECK(told.health().available(kPaymentStep));
  CHECK(told.health().next_probe() == Time::max());
}

TEST_CASE("a saga that cannot ask now keeps its place and takes nobody else's") {
  Told told;
  constexpr auto kBatch = static_cast<int>(core::ProbeQueue::kBatch);
  SECTION("while the breaker is open") {
    for (int i = 1; i <= 3; ++i) told.run_out(i);
    told.stuck(1, 2);
    told.advance(kInterval);
    CHECK(told.probes() == std::vector{saga_id(3)});
    told.stuck(1, 3);
    told.advance(kInterval);
    CHECK(told.probes().empty());
    CHECK(told.health().next_probe() == told.now() + kInterval);
    told.moving();
    told.advance(kInterval);
    CHECK(told.probes() == std::vector{saga_id(1)});
  }
  SECTION("in the batches after it") {
    for (int i = 1; i <= 2 * kBatch + 1; ++i) told.run_out(i);
    told.stuck(2, kBatch + 1);
    told.goes_on(1);
    const auto first = told.probes();
    REQUIRE(first.size() == kBatch);
    CHECK(first.front() == saga_id(kBatch + 2));
    for (int i = kBatch + 2; i <= 2 * kBatch + 1; ++i) told.goes_on(i);
    CHECK(told.probes().empty());
    told.moving();
    told.advance(kInterval);
    CHECK(told.probes().size() == kBatch);
  }
}

TEST_CASE("the first reply closes the breaker, and the others ask in batches") {
  Told told;
  constexpr auto kBatch = static_cast<int>(core::ProbeQueue::kBatch);
  for (int i = 1; i <= 2 * kBatch + 50; ++i) told.run_out(i);
  told.goes_on(1);
  CHECK(told.health().available(kPaymentStep));
  const auto first = told.probes();
  CHECK(first.size() == kBatch);
  CHECK(told.probes().empty());

  SECTION("the next goes when the last is answered") {
    for (int i = 2; i <= kBatch + 1; ++i) told.goes_on(i);
    CHECK(told.probes().size() == kBatch);
    for (int i = kBatch + 2; i <= 2 * kBatch + 1; ++i) told.goes_on(i);
    CHECK(told.probes().size() == 49);
    for (int i = 2 * kBatch + 2; i <= 2 * kBatch + 50; ++i) told.goes_on(i);
    CHECK(told.health().next_probe() == Time::max());
    CHECK(told.health().count(kPaymentStep).attention == 0);
  }
  SECTION("or an interval after it, when only some are answered") {
    told.advance(1s);
    told.goes_on(2);
    told.advance(kInterval);
    CHECK(told.probes().size() == kBatch);
  }
  SECTION("a batch that nobody is answered of opens the breaker again") {
    told.advance(kInterval);
    CHECK(told.probes().empty());
    CHECK_FALSE(told.health().available(kPaymentStep));
    told.advance(kInterval);
    CHECK(told.probes().size() == 1);
  }
}

TEST_CASE("a breaker closes when no saga waits any more") {
  Told told;
  told.run_out(1);
  told.health().update(saga_id(1), saga::State{});
  CHECK(told.health().available(kPaymentStep));
  CHECK(told.health().next_probe() == Time::max());
}

TEST_CASE("of the sagas found waiting at a grant one sends a probe at once") {
  Told told;
  told.health().restore({{saga_id(1), kDeliveryStep, saga::WaitingFor::kOperator, {}},
                         {saga_id(2), kDeliveryStep, saga::WaitingFor::kOperator, {}},
                         {saga_id(3), kPaymentStep, saga::WaitingFor::kResume, "paused: x"}});
  CHECK(told.probes() == std::vector{saga_id(1)});
  CHECK(told.health().available(kPaymentStep));
  told.health().forget_if([](const Uuid&) { return true; });
  CHECK(told.health().available(kDeliveryStep));
}

TEST_CASE("who waits is counted: paused sagas too, failed undos by name") {
  Told told;
  auto paused = Told::waiting(kPaymentStep, "paused: stock-taking");
  paused.waiting_for = saga::WaitingFor::kResume;
  told.health().update(saga_id(1), paused);
  told.waits(2, kPaymentStep, "undo_failed: payment: no_reply_in_time");
  told.waits(3, kDeliveryStep, "delivery: no_reply_in_time");
  CHECK(told.health().count(kPaymentStep).attention == 2);
  CHECK(told.health().count(kPaymentStep).undo_failed == 1);
  CHECK(told.health().count(kDeliveryStep).attention == 1);
  CHECK(told.health().count(kDeliveryStep).undo_failed == 0);
  told.waits(2, kPaymentStep, "payment: no_reply_in_time");
  CHECK(told.health().count(kPaymentStep).undo_failed == 0);
  told.waits(2, kDeliveryStep, "undo_failed: delivery: no_reply_in_time");
  CHECK(told.health().count(kPaymentStep).attention == 1);
  CHECK(told.health().count(kDeliveryStep).attention == 2);
  CHECK(told.health().count(kDeliveryStep).undo_failed == 1);
  told.goes_on(2);
  told.health().forget_if([](const Uuid& id) { return id == saga_id(3); });
  CHECK(told.health().count(kPaymentStep).attention == 1);
  CHECK(told.health().count(kDeliveryStep).attention == 0);
  CHECK(told.health().count(kDeliveryStep).undo_failed == 0);
}

TEST_CASE("a slow participant gets a longer reply time-out, within bounds, and no other one does") {
  Told told;
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) == 5s);
  told.answer(kPaymentStep, 2s);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) == 5s);
  for (int i = 0; i < 100; ++i) told.answer(kPaymentStep, 8s);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) > 15s);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) <= 16s);
  CHECK(told.health().reply_timeout(kDeliveryStep, 5s) == 5s);
  for (int i = 0; i < 100; ++i) told.answer(kPaymentStep, 1h);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) == 30s);
  for (int i = 0; i < 100; ++i) told.answer(kPaymentStep, 10ms);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) == 5s);
}

TEST_CASE("the reply time-out ends within the time in which every order has moved after a fault") {
  Told told;
  for (int i = 0; i < 100; ++i) told.answer(kPaymentStep, 1h);
  for (const auto least : {1s, 5s, 10s, 60s, 3600s}) {
    const auto most = told.health().reply_timeout(kPaymentStep, least);
    CHECK(most >= 2 * least);
    CHECK(most < 30s + 2 * least);
  }
}

TEST_CASE("replies to later attempts do not count as round trips") {
  Told told;
  for (int i = 0; i < 100; ++i) told.answer(kPaymentStep, 20s, 2);
  CHECK(told.health().reply_timeout(kPaymentStep, 5s) == 5s);
}

}  // namespace
}  // namespace orderflow::consumers
