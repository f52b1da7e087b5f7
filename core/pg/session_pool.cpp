#include "core/pg/session_pool.hpp"

#include "core/values/failure.hpp"

namespace orderflow::core {

SessionPool::SessionPool(const DatabaseUrl& url, const PgSessionOptions& options,
                         std::size_t sessions, std::size_t waiting_max)
    : url_(url), options_(options), waiting_max_(waiting_max) {
  for (std::size_t i = 0; i < sessions; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
  }
}

SessionPool::~SessionPool() { stop(); }

void SessionPool::stop() {
  request_stop();
  threads_.clear();
}

void SessionPool::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (auto& thread : threads_) thread.request_stop();
}

void SessionPool::submit(std::shared_ptr<AnyJob> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) throw Unavailable("the server stops");
  if (jobs_.size() >= waiting_max_) {
    std::erase_if(jobs_, [](const auto& waiting) { return waiting->abandoned(); });
  }
  if (jobs_.size() >= waiting_max_) {
    throw Unavailable("too many requests wait for the database; try again shortly");
  }
  jobs_.push_back(std::move(job));
  wake_.notify_one();
}

void SessionPool::serve(const std::stop_token& stop) {
  PgSession session(url_, options_);
  std::uint64_t known_losses = 0;
  while (true) {
    std::shared_ptr<AnyJob> job;
    bool others_lost = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      if (job->abandoned()) continue;
      others_lost = std::exchange(known_losses, losses_) != losses_;
    }
    if (stop.stop_requested()) {
      job->fail(std::make_exception_ptr(Unavailable("the server stops")));
    } else {
      if (others_lost) session.disconnect();
      const std::uint64_t losses = session.losses();
      job->run(session);
      if (session.losses() != losses) {
        const std::lock_guard lock(mutex_);
        known_losses = ++losses_;
      }
    }
    job->resume_caller();
  }
}

}  // namespace orderflow::core
