#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <type_traits>

#include "core/observe/log.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// Runs `task` now and after each `interval` until the thread is asked to stop. A task that returns
// a duration says itself how long to wait this time. A failure is logged when it begins and when it
// is over, and never ends the repetition.
template <typename Task>
void repeat_until_stopped(const std::stop_token& stop, core::Duration interval,
                          core::Logger& logger, std::string_view name, Task task) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  bool failing = false;
  while (!stop.stop_requested()) {
    Duration pause = interval;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Task&>>) {
        task();
      } else {
        pause = task();
      }
      if (failing) logger.info("a background task works again", {{"task", name}});
      failing = false;
    } catch (const std::exception& error) {
      if (!failing) {
        logger.warning("a background task fails", {{"task", name}, {"error", error.what()}});
      }
      failing = true;
    }
    wake.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace orderflow::core
