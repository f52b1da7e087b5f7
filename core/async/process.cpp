#include "core/async/process.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr int kFailed = 1;
constexpr int kBadConfiguration = 2;
constexpr std::chrono::seconds kShutdownDeadline{7};
constexpr timespec kSignalPoll{0, 200'000'000};

}  // namespace

Process::Process() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &mask_before_);
  (void)std::signal(SIGPIPE, SIG_IGN);
}

Process::~Process() { pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr); }

int Process::run(const std::vector<Work>& work) {
  std::stop_source stop;
  running_ = static_cast<int>(work.size());
  std::vector<std::jthread> threads;
  threads.reserve(work.size());
  for (const Work& one : work) {
    threads.emplace_back([this, &one, &stop] { attempt(one, stop.get_token()); });
  }
  while (running_ == static_cast<int>(work.size())) {
    if (sigtimedwait(&signals_, nullptr, &kSignalPoll) > 0) break;
  }
  start_deadline();
  stop.request_stop();
  threads.clear();
  return exit_code_;
}

void Process::attempt(const Work& work, const std::stop_token& stop) {
  try {
    work(stop);
  } catch (const BadConfiguration& problem) {
    std::fprintf(stderr, "orderflow: %s\n", problem.what());
    exit_code_ = kBadConfiguration;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "orderflow: stopped by a failure: %s\n", failure.what());
    exit_code_ = kFailed;
  }
  --running_;
}

void Process::start_deadline() {
  deadline_ = std::jthread([this](const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, ended, kShutdownDeadline, [] { return false; });
    if (ended.stop_requested()) return;
    std::fprintf(stderr, "orderflow: ended at the shutdown deadline: something does not answer\n");
    std::_Exit(exit_code_);
  });
}

}  // namespace orderflow::core
