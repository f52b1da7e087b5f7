#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/async/one_shot.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {

// The threads on which front ends block: database calls through core::DatabasePool. Bounded in
// threads and in waiting jobs; beyond that run() throws core::Unavailable at once.
class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t jobs_max)
      : pool_(threads), jobs_max_(static_cast<std::ptrdiff_t>(jobs_max)) {}
  ~BlockingPool() { pool_.join(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  template <typename Job>
  void submit(Job job) {
    if (jobs_.fetch_add(1, std::memory_order_relaxed) >= jobs_max_) {
      jobs_.fetch_sub(1, std::memory_order_relaxed);
      throw core::Unavailable("too many requests wait for the database; try again shortly");
    }
    asio::post(pool_, [this, job = std::move(job)]() mutable {
      job();
      jobs_.fetch_sub(1, std::memory_order_relaxed);
    });
  }

 private:
  asio::thread_pool pool_;
  std::ptrdiff_t jobs_max_;
  std::atomic<std::ptrdiff_t> jobs_{0};
};

// Runs `work` on the pool and resumes with what it returned or threw:
//   auto work = [this, id] { return load(id); };
//   const auto row = co_await blocking(pool, std::move(work));
// `work` must own what it uses: the request's deadline may abandon it while it runs, and then
// nobody keeps the handler's frame alive. Name it before the co_await (GCC bug 107288).
template <typename Work>
asio::awaitable<std::invoke_result_t<Work&>> blocking(BlockingPool& pool, Work work) {
  using Value = std::invoke_result_t<Work&>;
  using Outcome = std::variant<std::exception_ptr, Value>;
  auto result = std::make_shared<OneShot<Outcome>>();
  pool.submit([result, work = std::move(work)]() mutable {
    try {
      result->set(Outcome(std::in_place_index<1>, work()));
    } catch (...) {
      result->set(Outcome(std::in_place_index<0>, std::current_exception()));
    }
  });
  Outcome outcome = co_await OneShot<Outcome>::wait(result);
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

}  // namespace orderflow::http_api
