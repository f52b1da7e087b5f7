#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/async/one_shot.hpp"
#include "core/pg/session.hpp"

namespace orderflow::core {

// The sessions of one bounded context at a front end, each with a thread of its own, so that a
// coroutine can wait for a statement without blocking its thread. A bulkhead: whatever is slow in
// one context keeps that context's threads only. Bounded in sessions and in waiting jobs.
//
// run() may be called from any coroutine. Sessions connect when they are first used. Jobs that wait
// when the pool ends fail with Unavailable. A job whose caller was cancelled before it began is
// skipped: what nobody waits for must not stand before what somebody does. One that has begun goes
// on to its end.
class SessionPool {
 public:
  // What may wait for a session by default.
  static constexpr std::size_t kWaitingJobsMax = 2'000;

  SessionPool(const DatabaseUrl& url, const PgSessionOptions& options, std::size_t sessions,
              std::size_t waiting_max = kWaitingJobsMax);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  // Begins to end; running jobs finish within their sessions' deadlines.
  void request_stop();
  // Returns once they have; no coroutine is resumed any more.
  void stop();

  // Runs `work(PgSession&)` on one of the threads and resumes with what it returned or threw:
  //   auto work = [id](core::PgSession& session) { return find_user(session, id); };
  //   const auto user = co_await pool.run(std::move(work));
  // `work` owns what it uses: when the request's deadline ends the wait, nobody keeps the handler's
  // frame alive while the work still runs. Name it before the co_await (GCC bug 107288). Throws
  // Unavailable at once when too many jobs wait.
  template <typename Work>
  boost::asio::awaitable<std::invoke_result_t<Work&, PgSession&>> run(Work work) {
    using Value = std::invoke_result_t<Work&, PgSession&>;
    auto job = std::make_shared<Job<Work, Value>>(std::move(work));
    auto outcome = job->outcome;
    submit(std::move(job));
    auto result = co_await OneShot<Outcome<Value>>::wait(std::move(outcome));
    if (result.index() == 0) std::rethrow_exception(std::get<0>(result));
    co_return std::get<1>(std::move(result));
  }

 private:
  template <typename Value>
  using Outcome = std::variant<std::exception_ptr, Value>;

  struct AnyJob {
    virtual ~AnyJob() = default;
    virtual void run(PgSession& session) = 0;
    virtual void fail(std::exception_ptr why) = 0;
    virtual void resume_caller() = 0;
    [[nodiscard]] virtual bool abandoned() const = 0;
  };

  template <typename Work, typename Value>
  struct Job final : AnyJob {
    explicit Job(Work the_work) : work(std::move(the_work)) {}
    void run(PgSession& session) override {
      try {
        result.template emplace<1>(work(session));
      } catch (...) {
        fail(std::current_exception());
      }
    }
    void fail(std::exception_ptr why) override { result.template emplace<0>(std::move(why)); }
    void resume_caller() override { outcome->set(std::move(result)); }
    [[nodiscard]] bool abandoned() const override { return outcome->abandoned(); }
    Work work;
    Outcome<Value> result;
    std::shared_ptr<OneShot<Outcome<Value>>> outcome = std::make_shared<OneShot<Outcome<Value>>>();
  };

  void submit(std::shared_ptr<AnyJob> job);
  void serve(const std::stop_token& stop);

  DatabaseUrl url_;
  PgSessionOptions options_;
  std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::shared_ptr<AnyJob>> jobs_;
  // Of connections. What cut one off may have cut off all: each is made anew before its next job,
  // which would otherwise wait for a silent server.
  std::uint64_t losses_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace orderflow::core
