#include "bench/load.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "core/failure.hpp"

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
constexpr std::string_view kOrders = "/orders/";

core::Duration since(core::SteadyTime start, core::SteadyTime now) {
  return std::chrono::duration_cast<core::Duration>(now - start);
}

}  // namespace

LoadResult Load::run(const LoadPlan& plan) {
  plan_ = plan;
  result_ = LoadResult{};
  clients_.clear();
  early_.clear();
  context_.restart();
  for (int i = 0; i < plan.clients; ++i) {
    Client& client = clients_.emplace_back(context_, endpoint_);
    ++busy_;
    asio::co_spawn(context_, keep_ordering(client), asio::detached);
  }
  context_.run_until(plan.give_up + kHangTime);
  result_.unfinished += busy_;
  return std::move(result_);
}

asio::awaitable<void> Load::keep_ordering(Client& client) {
  while (Clock::now() < plan_.window_end) {
    core::Duration wait{0};
    try {
      wait = co_await order_once(client);
    } catch (const std::exception& failure) {
      ++result_.broken;
      if (result_.first_error.empty()) result_.first_error = failure.what();
      wait = kPauseAfterError;
    }
    if (wait.count() > 0) co_await pause(client, wait);
  }
  --busy_;
}

asio::awaitable<core::Duration> Load::order_once(Client& client) {
  const std::string request = orders_.next_request();
  const auto placed = Clock::now();
  const HttpAnswer answer = co_await client.connection.exchange(request);
  const auto answered = Clock::now();
  core::Duration wait{0};
  const auto order_id = judge(answer, wait);
  if (!order_id) co_return wait;
  if (in_window(answered)) ++result_.accepted;
  const auto ending = co_await await_ending(client, *order_id);
  const auto ended = Clock::now();
  if (!ending) {
    ++result_.unfinished;
    co_return wait;
  }
  ++result_.endings[*ending];
  if (in_window(ended)) ++result_.completed;
  if (in_window(placed)) {
    result_.answer.add(since(placed, answered));
    result_.outcome.add(since(placed, ended));
  }
  co_return wait;
}

std::optional<core::Uuid> Load::judge(const HttpAnswer& answer, core::Duration& wait) {
  ++result_.answers[answer.status];
  if (answer.status == 202 && answer.location.starts_with(kOrders)) {
    if (const auto id = core::Uuid::parse(answer.location.substr(kOrders.size()))) return id;
  }
  if (answer.status == 429 || answer.status == 503) {
    wait = std::chrono::seconds{std::max(answer.retry_after_s, 1)};
    return std::nullopt;
  }
  if (result_.first_error.empty()) {
    result_.first_error = std::to_string(answer.status) + " " + std::string(answer.body);
  }
  wait = kPauseAfterError;
  return std::nullopt;
}

asio::awaitable<std::optional<Ending>> Load::await_ending(Client& client,
                                                          const core::Uuid& order_id) {
  if (const auto early = early_.find(order_id); early != early_.end()) {
    const Ending ending = early->second;
    early_.erase(early);
    co_return ending;
  }
  client.ending.reset();
  waiting_[order_id] = &client;
  core::Duration patience = kAskAfter;
  while (!client.ending && Clock::now() < plan_.give_up) {
    co_await pause(client, patience);
    if (client.ending) break;
    patience = kAskAgainAfter;
    const auto told = co_await ask(client, order_id);
    if (told && !client.ending) {
      ++result_.asked;
      client.ending = told;
    }
  }
  waiting_.erase(order_id);
  co_return client.ending;
}

asio::awaitable<std::optional<Ending>> Load::ask(Client& client, const core::Uuid& order_id) {
  const std::string request = make_request("GET", "/orders/" + order_id.to_string() + "/status");
  try {
    const HttpAnswer answer = co_await client.connection.exchange(request);
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    if (answer.status == 200 && body.is_object()) {
      co_return ending_of_status(body.value("status", ""));
    }
  } catch (const boost::system::system_error&) {
    ++result_.broken;  // The order is not lost by that: it is asked about again.
  } catch (const core::Unavailable&) {
    ++result_.broken;
  }
  co_return std::nullopt;
}

asio::awaitable<void> Load::pause(Client& client, core::Duration time) {
  boost::system::error_code woken;
  client.timer.expires_after(time);
  co_await client.timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
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
      waiting->second->ending = ending;
      waiting->second->timer.cancel();
    } else if (early_.size() < kEarlyMax) {
      early_[order_id] = ending;
    }
  }
}

bool Load::in_window(core::SteadyTime time) const {
  return time >= plan_.window_begin && time < plan_.window_end;
}

}  // namespace orderflow::bench
