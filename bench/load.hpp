#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/http_connection.hpp"
#include "bench/outcomes.hpp"
#include "bench/shop.hpp"
#include "bench/statistics.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"

namespace orderflow::bench {

// When a load begins, when its figures count, and when waiting for its orders is given up.
struct LoadPlan {
  int clients = 1;
  core::SteadyTime window_begin;
  core::SteadyTime window_end;  // No order is placed after it.
  core::SteadyTime give_up;
};

struct LoadResult {
  std::int64_t accepted = 0;   // 202 within the window
  std::int64_t completed = 0;  // endings within the window
  std::int64_t delivered = 0;  // carrier's deliveries within the window, of earlier orders
  LatencySamples outcome;      // request → outcome, of orders placed within the window
  LatencySamples answer;       // request → 202, of the same orders

  // Of the whole load, warm-up included.
  std::map<Ending, std::int64_t> endings;
  std::map<int, std::int64_t> answers;  // by HTTP status
  std::int64_t broken = 0;              // exchanges that ended without an answer
  std::int64_t asked = 0;               // outcomes learned from the API, the event being late
  std::int64_t unfinished = 0;          // accepted orders that had not ended at give_up
  std::string first_error;
};

// A closed loop: each client places an order, waits until it has ended, and places the next. One
// thread runs all clients, so that nothing here is locked. run() blocks that thread.
class Load {
 public:
  Load(asio::io_context& context, asio::ip::tcp::endpoint endpoint, const Shop& shop)
      : context_(context), endpoint_(endpoint), orders_(shop, 1) {}

  // Returns when every client has seen its last order end, or shortly after give_up.
  [[nodiscard]] LoadResult run(const LoadPlan& plan);

  // Wakes the clients whose orders ended. On the thread of run().
  void note(const std::vector<Outcome>& outcomes);

 private:
  struct Client {
    Client(asio::io_context& context, asio::ip::tcp::endpoint endpoint)
        : connection(context, endpoint), timer(context) {}

    HttpConnection connection;
    asio::steady_timer timer;
    std::optional<Ending> ending;
  };

  asio::awaitable<void> keep_ordering(Client& client);
  asio::awaitable<core::Duration> order_once(Client& client);
  asio::awaitable<std::optional<Ending>> await_ending(Client& client, const core::Uuid& order_id);
  asio::awaitable<std::optional<Ending>> ask(Client& client, const core::Uuid& order_id);
  asio::awaitable<void> pause(Client& client, core::Duration time);

  // What the answer to POST /orders means: the order's id, or how long to wait before the next try.
  [[nodiscard]] std::optional<core::Uuid> judge(const HttpAnswer& answer, core::Duration& wait);
  [[nodiscard]] bool in_window(core::SteadyTime time) const;

  asio::io_context& context_;
  asio::ip::tcp::endpoint endpoint_;
  OrderMaker orders_;
  LoadPlan plan_;
  LoadResult result_;
  std::deque<Client> clients_;  // Clients stay where they are: coroutines refer to them.
  int busy_ = 0;
  std::unordered_map<core::Uuid, Client*> waiting_;
  // Orders whose event overtook their 202.
  std::unordered_map<core::Uuid, Ending> early_;
};

}  // namespace orderflow::bench
