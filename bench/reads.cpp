#include "bench/reads.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <deque>

namespace orderflow::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Readers {
  const std::vector<std::string>& requests;
  const LoadPlan& plan;
  LoadResult& result;
  std::size_t next = 0;
  int busy = 0;
};

void count(Readers& readers, int status, core::SteadyTime asked, core::SteadyTime answered) {
  ++readers.result.answers[status];
  if (status != 200) return;
  readers.result.completions.add(answered);
  if (answered < readers.plan.window_begin || answered >= readers.plan.window_end) return;
  ++readers.result.completed;
  readers.result.answer.add(std::chrono::duration_cast<core::Duration>(answered - asked));
}

asio::awaitable<void> keep_reading(HttpConnection& connection, Readers& readers) {
  try {
    while (Clock::now() < readers.plan.window_end) {
      const auto asked = Clock::now();
      const std::string& request = readers.requests[readers.next++ % readers.requests.size()];
      const HttpAnswer answer = co_await connection.exchange(request);
      count(readers, answer.status, asked, Clock::now());
    }
  } catch (const std::exception& failure) {
    ++readers.result.broken;
    if (readers.result.first_error.empty()) readers.result.first_error = failure.what();
  }
  --readers.busy;
}

}  // namespace

LoadResult run_reads(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint,
                     const std::vector<core::Uuid>& orders, const LoadPlan& plan) {
  std::vector<std::string> requests;
  for (const auto& id : orders) {
    requests.push_back(make_request("GET", "/orders/" + id.to_string() + "/status"));
  }
  LoadResult result;
  result.completions = Timeline(plan.window_begin, plan.window_end);
  if (requests.empty()) return result;
  Readers readers{requests, plan, result};
  std::deque<HttpConnection> connections;
  context.restart();
  for (int i = 0; i < plan.clients; ++i) {
    ++readers.busy;
    auto& connection = connections.emplace_back(context, endpoint);
    asio::co_spawn(context, keep_reading(connection, readers), asio::detached);
  }
  context.run_until(plan.give_up);
  result.unfinished = readers.busy;
  return result;
}

}  // namespace orderflow::bench
