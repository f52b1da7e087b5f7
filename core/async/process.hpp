#pragma once

#include <csignal>

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

namespace orderflow::core {

// The frame of a long-running process: its signals, the threads of its work, and the deadline of
// its shutdown. Made by main before anything that starts a thread, so that every thread has SIGTERM
// and SIGINT blocked and only run() takes them, and so that it is the last to end. One at a time.
// Says on standard error why it ends, since a logger may be gone by then.
class Process {
 public:
  // Returns once told to stop. An exception is a failure of the process, to be restarted from
  // outside.
  using Work = std::function<void(std::stop_token)>;

  Process();
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Runs each piece of work on a thread of its own until a signal asks to stop or one of them ends,
  // then tells all to stop and waits for them. Returns the exit code: 0, 1 after a failure, 2 after
  // BadConfiguration.
  //
  // From the request to stop on the process has seven seconds, the destructors of what main holds
  // included; then it ends at once, as when a server it waits for is mute. Nothing is lost with it:
  // what it had not committed is done by whoever owns it next.
  [[nodiscard]] int run(const std::vector<Work>& work);

 private:
  void attempt(const Work& work, const std::stop_token& stop);
  void start_deadline();

  sigset_t signals_{};
  sigset_t mask_before_{};
  std::atomic<int> exit_code_{0};
  std::atomic<int> running_{0};
  std::jthread deadline_;
};

}  // namespace orderflow::core
