#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/http_connection.hpp"
#include "bench/outcomes.hpp"
#include "bench/shop.hpp"
#include "bench/statistics.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::bench {

// What decides when the next order is placed.
enum class Pace {
  kOutcome,  // Closed loop: a client places its next order when its last one has ended.
  kRate,     // Open loop: orders arrive at a rate, whatever becomes of the earlier ones.
  kAnswer,   // Burst: a client places its next order when its last one was answered.
};

// When a load begins, when its figures count, and when waiting for its orders is given up.
struct LoadPlan {
  Pace pace = Pace::kOutcome;
  int clients = 1;
  double rate = 0;  // kRate: orders a second of all clients together.
  core::SteadyTime window_begin;
  core::SteadyTime window_end;  // No order is placed after it.
  core::SteadyTime give_up;
};

struct LoadResult {
  std::int64_t placed = 0;     // orders asked for within the window
  std::int64_t accepted = 0;   // 202 within the window
  std::int64_t completed = 0;  // endings within the window
  std::int64_t delivered = 0;  // carrier's deliveries within the window, of earlier orders
  LatencySamples outcome;      // request → outcome, of orders placed within the window
  LatencySamples answer;       // request → 202, of the same orders
  Timeline completions;        // endings from the window's begin on
  // Orders accepted and not ended, when the window begins and when it ends.
  std::int64_t backlog_before = 0;
  std::int64_t backlog_after = 0;

  // Of the whole load, warm-up included.
  std::map<Ending, std::int64_t> endings;
  std::map<int, std::int64_t> answers;    // by HTTP status
  std::int64_t refused_without_time = 0;  // 429 and 503 that do not say when to come again
  std::int64_t broken = 0;                // exchanges that ended without an answer
  std::int64_t asked = 0;                 // outcomes learned from the API, the event being late
  std::int64_t unfinished = 0;            // accepted orders that had not ended at give_up
  std::string first_error;
  std::vector<core::Uuid> some_orders;  // Accepted ones; not all of many.

  [[nodiscard]] std::int64_t answered(int status) const {
    const auto found = answers.find(status);
    return found == answers.end() ? 0 : found->second;
  }
};

// Places orders and waits for their outcomes. One thread runs all clients, so that nothing here is
// locked; run() blocks that thread.
//
// In an open loop latency counts from the moment an order was due, not from when a client had time
// to send it: a system that stalls does not hide the orders that it kept from being sent
// ("coordinated omission", Gil Tene).
class Load {
 public:
  Load(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint, const Shop& shop)
      : context_(context),
        endpoint_(endpoint),
        orders_(shop, 1),
        asking_(context, endpoint),
        chase_timer_(context) {}

  // Returns when every accepted order was seen to end, or shortly after give_up.
  [[nodiscard]] LoadResult run(const LoadPlan& plan);

  // Orders that ended, as the events say. On the thread of run().
  void note(const std::vector<Outcome>& outcomes);

 private:
  struct Client {
    Client(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint)
        : connection(context, endpoint), timer(context) {}

    HttpConnection connection;
    asio::steady_timer timer;
  };
  // An accepted order whose end is awaited.
  struct Placed {
    core::SteadyTime due;
    core::SteadyTime answered;
    Client* client;  // Waits for the outcome; null: nobody does.
  };

  asio::awaitable<void> keep_ordering(Client& client);
  asio::awaitable<core::Duration> order_once(Client& client, core::SteadyTime due);
  asio::awaitable<void> await_outcome(Client& client, core::Uuid order_id);
  asio::awaitable<void> chase();
  asio::awaitable<void> ask(core::Uuid order_id);
  asio::awaitable<void> count_backlog();
  static asio::awaitable<void> pause(asio::steady_timer& timer, core::SteadyTime until);

  [[nodiscard]] core::SteadyTime next_due();
  // What the answer to POST /orders means: the order's id, or how long to wait before the next try.
  [[nodiscard]] std::optional<core::Uuid> judge(const HttpAnswer& answer, core::Duration& wait);
  void settle(const Placed& order, Ending ending, core::SteadyTime now);
  [[nodiscard]] bool in_window(core::SteadyTime time) const;
  void note_error(const std::string& text);
  [[nodiscard]] bool done() const { return busy_ == 0 && waiting_.empty(); }

  asio::io_context& context_;
  asio::ip::tcp::endpoint endpoint_;
  OrderMaker orders_;
  HttpConnection asking_;
  asio::steady_timer chase_timer_;
  LoadPlan plan_;
  LoadResult result_;
  std::deque<Client> clients_;  // Clients stay where they are: coroutines refer to them.
  int busy_ = 0;
  std::minstd_rand random_{1};
  core::SteadyTime last_due_;
  std::unordered_map<core::Uuid, Placed> waiting_;
  // Orders whose event overtook their 202.
  std::unordered_map<core::Uuid, Ending> early_;
};

}  // namespace orderflow::bench
