#include "http-api/middleware/load_shedding.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "consumers/runtime/backlog.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;
using core::Duration;

int refused_of(LoadShedder& shedder, int asked) {
  int refused = 0;
  for (int i = 0; i < asked; ++i) refused += shedder.admit() ? 0 : 1;
  return refused;
}

TEST_CASE("the share that is turned away grows from none at the target to all at the limit") {
  LoadShedder shedder(3s);
  CHECK(refused_of(shedder, 1000) == 0);
  shedder.set_age(1s);
  CHECK(refused_of(shedder, 1000) == 0);
  shedder.set_age(1500ms);
  CHECK(refused_of(shedder, 1000) == 250);
  shedder.set_age(2s);
  CHECK(refused_of(shedder, 1000) == 500);
  shedder.set_age(3s);
  CHECK(refused_of(shedder, 1000) == 1000);
  shedder.set_age(1h);
  CHECK(refused_of(shedder, 1000) == 1000);
  shedder.set_age(0s);
  CHECK(refused_of(shedder, 1000) == 0);
}

TEST_CASE("who is turned away is no matter of chance") {
  LoadShedder shedder(3s);
  shedder.set_age(2s);
  for (int i = 0; i < 10; ++i) {
    CHECK(shedder.admit());
    CHECK_FALSE(shedder.admit());
  }
}

TEST_CASE("threads that ask at once share one count") {
  constexpr int kThreads = 4;
  constexpr int kEach = 10'000;
  LoadShedder shedder(3s);
  shedder.set_age(1500ms);
  std::vector<int> refused(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int& own : refused) {
      threads.emplace_back([&] { own = refused_of(shedder, kEach); });
    }
  }
  int all = 0;
  for (const int own : refused) all += own;
  CHECK(all == kThreads * kEach / 4);
}

TEST_CASE("Retry-After is the time until nothing is turned away, within bounds") {
  LoadShedder shedder(30s);
  CHECK(shedder.retry_after_seconds() == 1);
  shedder.set_age(10s + 100ms);
  CHECK(shedder.retry_after_seconds() == 1);
  shedder.set_age(14s + 1ms);
  CHECK(shedder.retry_after_seconds() == 5);
  shedder.set_age(1h);
  CHECK(shedder.retry_after_seconds() == 30);
}

// ---- the loop -----------------------------------------------------------------------------------

struct PlantOptions {
  int looks = 1;           // Messages an order causes, one after the other, in one queue.
  Duration delay{0};       // Until what the owner says reaches the API.
  bool ages_only = false;  // Says the oldest age, as owners once did.
};

// An owner with a queue, behind an API, twice as many orders as it can take; in steps of 10
// ms.
class Plant {
 public:
  static constexpr int kCapacity = 20;  // Orders a step.
  static constexpr int kOffered = 2 * kCapacity;
  static constexpr Duration kStep = 10ms;
  static constexpr Duration kSaysEach = 100ms;
  static constexpr Duration kReadsEach = 250ms;

  Plant(Duration limit, PlantOptions options) : options_(options), shedder_(limit) {}

  void run(Duration time) {
    for (const auto until = now_ + time; now_ < until; now_ += kStep) step();
  }

  // Since the last call: orders let in and orders ended, against the capacity.
  std::pair<double, double> rates() {
    const auto all = static_cast<double>(kCapacity * std::exchange(steps_, 0));
    return {std::exchange(admitted_, 0) / all, std::exchange(ended_, 0) / all};
  }
  // Since the last call: the least and the most a message has waited.
  std::pair<Duration, Duration> ages() {
    return {std::exchange(youngest_, Duration::max()), std::exchange(oldest_, Duration{0})};
  }

 private:
  struct Message {
    Duration made;
    int look;
  };

  void step() {
    for (int i = 0; i < kOffered; ++i) {
      if (!shedder_.admit()) continue;
      queue_.push_back({now_, 1});
      ++admitted_;
    }
    if (now_ % kSaysEach == 0ms) say();
    if (now_ % kReadsEach == 0ms) read();
    for (int i = 0; i < kCapacity * options_.looks && !queue_.empty(); ++i) {
      const Message message = queue_.front();
      queue_.pop_front();
      backlog_.handled(1);
      if (message.look == options_.looks) {
        ++ended_;
      } else {
        queue_.push_back({now_, message.look + 1});
      }
    }
    youngest_ = std::min(youngest_, age());
    oldest_ = std::max(oldest_, age());
    ++steps_;
  }

  [[nodiscard]] Duration age() const {
    return queue_.empty() ? Duration{0} : now_ - queue_.front().made;
  }

  void say() {
    const core::SteadyTime now{now_};
    backlog_.observe({{0, age()}}, now);
    const auto wait = backlog_.expected_wait(static_cast<std::int64_t>(queue_.size()), now);
    said_.emplace_back(now_, options_.ages_only ? age() : wait);
  }

  void read() {
    while (said_.size() > 1 && said_[1].first + options_.delay <= now_) said_.pop_front();
    if (said_.front().first + options_.delay <= now_) shedder_.set_age(said_.front().second);
  }

  PlantOptions options_;
  LoadShedder shedder_;
  consumers::Backlog backlog_;
  Duration now_{0};
  std::deque<Message> queue_;
  std::deque<std::pair<Duration, Duration>> said_;
  int admitted_ = 0;
  int ended_ = 0;
  int steps_ = 0;
  Duration youngest_ = Duration::max();
  Duration oldest_{0};
};

TEST_CASE("at twice the capacity shedder settles at it, and the age stays below the limit") {
  const Duration limit = GENERATE(Duration{3s}, Duration{5s}, Duration{20s});
  const int looks = GENERATE(1, 3);
  const Duration delay = GENERATE(Duration{0}, Duration{300ms}, Duration{600ms});
  CAPTURE(limit.count(), looks, delay.count());
  Plant plant(limit, {looks, delay});
  plant.run(12 * limit);  // Until it has settled.
  CHECK(plant.ages().second < limit);
  (void)plant.rates();
  for (int i = 0; i < 20; ++i) {
    plant.run(1s);
    const auto [admitted, ended] = plant.rates();
    CHECK(admitted > 0.9);
    CHECK(admitted < 1.1);
    CHECK(ended > 0.95);
    const auto [youngest, oldest] = plant.ages();
    CHECK(youngest > limit / 3);
    CHECK(oldest < limit);
  }
}

TEST_CASE("told the oldest age only, shedder would swing") {
  Plant plant(5s, {.looks = 1, .delay = 600ms, .ages_only = true});
  plant.run(60s);
  double least = 1;
  double most = 1;
  for (int i = 0; i < 20; ++i) {
    (void)plant.rates();
    plant.run(1s);
    const double admitted = plant.rates().first;
    least = std::min(least, admitted);
    most = std::max(most, admitted);
  }
  CHECK(least < 0.7);
  CHECK(most > 1.3);
}

}  // namespace
}  // namespace orderflow::http_api
