#include "bench/load.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// An event this late has probably been lost: the API knows.
constexpr core::Duration kAskAfter = 5s;
constexpr core::Duration kAskAgainAfter = 1s;
constexpr core::Duration kPauseAfterError = 100ms;
// Clients notice give_up themselves; this is for those that hang in an exchange.
constexpr core::Duration kHangTime = 2s;
// Outcomes of orders that someone else placed stay in early_ for nobody.
constexpr std::size_t kEarlyMax = 100'000;
constexpr std::size_t kSomeOrders = 10'000;
constexpr std::size_t kAskedAtOnce = 500;
constexpr std::string_view kOrdersPath = "/orders/";

core::Duration since(core::SteadyTime start, core::SteadyTime now) {
  return std::chrono::duration_cast<core::Duration>(now - start);
}

}  // namespace

LoadResult Load::run(const LoadPlan& plan) {
  plan_ = plan;
  result_ = LoadResult{};
  result_.completions = Timeline(plan.window_begin, plan.window_end);
  clients_.clear();
  waiting_.clear();
  early_.clear();
  last_due_ = Clock::now();
  context_.restart();
  busy_ = plan.clients;
  for (int i = 0; i < plan.clients; ++i) {
    Client& client = clients_.emplace_back(context_, endpoint_);
    asio::co_spawn(context_, keep_ordering(client), asio::detached);
  }
  asio::co_spawn(context_, chase(), asio::detached);
  asio::co_spawn(context_, count_backlog(), asio::detached);
  context_.run_until(plan.give_up + kHangTime);
  result_.unfinished = static_cast<std::int64_t>(waiting_.size());
  return std::exchange(result_, {});
}

asio::awaitable<void> Load::keep_ordering(Client& client) {
  while (true) {
    const auto due = next_due();
    if (due >= plan_.window_end) break;
    if (due > Clock::now()) co_await pause(client.timer, due);
    core::Duration wait{0};
    try {
      wait = co_await order_once(client, due);
    } catch (const std::exception& failure) {
      ++result_.broken;
      note_error(failure.what());
      wait = kPauseAfterError;
    }
    // In an open loop the next order is another person's, who was told nothing.
    if (wait.count() > 0 && plan_.pace != Pace::kRate) {
      co_await pause(client.timer, Clock::now() + wait);
    }
  }
  --busy_;
  if (done()) chase_timer_.cancel();
}

// Arrivals of many people who know nothing of each other: exponentially distributed gaps.
core::SteadyTime Load::next_due() {
  if (plan_.pace != Pace::kRate) return Clock::now();
  std::exponential_distribution<double> gap_seconds(plan_.rate);
  last_due_ += std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(gap_seconds(random_)));
  return last_due_;
}

asio::awaitable<core::Duration> Load::order_once(Client& client, core::SteadyTime due) {
  const std::string request = orders_.next_request();
  if (in_window(due)) ++result_.placed;
  const HttpAnswer answer = co_await client.connection.exchange(request);
  const auto answered = Clock::now();
  core::Duration wait{0};
  const auto order_id = judge(answer, wait);
  if (!order_id) co_return wait;
  if (in_window(answered)) ++result_.accepted;
  if (result_.some_orders.size() < kSomeOrders) result_.some_orders.push_back(*order_id);
  const bool waits = plan_.pace == Pace::kOutcome;
  const Placed placed{due, answered, waits ? &client : nullptr};
  if (const auto early = early_.find(*order_id); early != early_.end()) {
    settle(placed, early->second, answered);
    early_.erase(early);
    co_return wait;
  }
  waiting_.emplace(*order_id, placed);
  if (waits) co_await await_outcome(client, *order_id);
  co_return wait;
}

std::optional<core::Uuid> Load::judge(const HttpAnswer& answer, core::Duration& wait) {
  ++result_.answers[answer.status];
  if (answer.status == 202 && answer.location.starts_with(kOrdersPath)) {
    if (const auto id = core::Uuid::parse(answer.location.substr(kOrdersPath.size()))) return id;
  }
  if (answer.status == 429 || answer.status == 503) {
    if (answer.retry_after_s == 0) ++result_.refused_without_time;
    wait = std::chrono::seconds{std::max(answer.retry_after_s, 1)};
    return std::nullopt;
  }
  note_error(std::to_string(answer.status) + " " + std::string(answer.body));
  wait = kPauseAfterError;
  return std::nullopt;
}

// note() and chase() end the wait.
asio::awaitable<void> Load::await_outcome(Client& client, core::Uuid order_id) {
  while (waiting_.contains(order_id) && Clock::now() < plan_.give_up) {
    co_await pause(client.timer, plan_.give_up);
  }
}

// Asks the API about orders whose event is late, a bounded number at a time: after a burst most are
// merely waiting their turn.
asio::awaitable<void> Load::chase() {
  while (!done() && Clock::now() < plan_.give_up) {
    co_await pause(chase_timer_, std::min(Clock::now() + core::SteadyTime::duration(kAskAgainAfter),
                                          plan_.give_up));
    if (plan_.pace != Pace::kOutcome && busy_ > 0) continue;
    std::vector<core::Uuid> late;
    for (const auto& [order_id, placed] : waiting_) {
      if (late.size() == kAskedAtOnce) break;
      if (Clock::now() - placed.answered >= kAskAfter) late.push_back(order_id);
    }
    for (const auto& order_id : late) {
      if (waiting_.contains(order_id)) co_await ask(order_id);
    }
  }
}

asio::awaitable<void> Load::ask(core::Uuid order_id) {
  const std::string request = make_request("GET", "/orders/" + order_id.to_string() + "/status");
  try {
    const HttpAnswer answer = co_await asking_.exchange(request);
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !body.is_object()) co_return;
    const auto ending = ending_of_status(body.value("status", ""));
    if (!ending || !waiting_.contains(order_id)) co_return;
    ++result_.asked;
    std::vector<Outcome> told{{order_id, *ending}};
    if (*ending == Ending::kDelivered) told.front().ending = Ending::kScheduled;
    note(told);
  } catch (const boost::system::system_error&) {
    ++result_.broken;  // The order is not lost by that: it is asked about again.
  } catch (const core::Unavailable&) {
    ++result_.broken;
  }
}

asio::awaitable<void> Load::count_backlog() {
  asio::steady_timer timer(context_);
  co_await pause(timer, plan_.window_begin);
  result_.backlog_before = static_cast<std::int64_t>(waiting_.size());
  co_await pause(timer, plan_.window_end);
  result_.backlog_after = static_cast<std::int64_t>(waiting_.size());
}

asio::awaitable<void> Load::pause(asio::steady_timer& timer, core::SteadyTime until) {
  boost::system::error_code woken;
  timer.expires_at(until);
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

void Load::note(const std::vector<Outcome>& outcomes) {
  const auto now = Clock::now();
  for (const auto& [order_id, ending] : outcomes) {
    if (ending == Ending::kDelivered) {
      if (in_window(now)) ++result_.delivered;
      continue;
    }
    const auto waiting = waiting_.find(order_id);
    if (waiting != waiting_.end()) {
      settle(waiting->second, ending, now);
      if (waiting->second.client != nullptr) waiting->second.client->timer.cancel();
      waiting_.erase(waiting);
      if (done()) chase_timer_.cancel();
    } else if (early_.size() < kEarlyMax) {
      early_[order_id] = ending;
    }
  }
}

void Load::settle(const Placed& order, Ending ending, core::SteadyTime now) {
  ++result_.endings[ending];
  result_.completions.add(now);
  if (in_window(now)) ++result_.completed;
  if (in_window(order.due)) {
    result_.answer.add(since(order.due, order.answered));
    result_.outcome.add(since(order.due, now));
  }
}

bool Load::in_window(core::SteadyTime time) const {
  return time >= plan_.window_begin && time < plan_.window_end;
}

void Load::note_error(const std::string& text) {
  if (result_.first_error.empty()) result_.first_error = text;
}

}  // namespace orderflow::bench
