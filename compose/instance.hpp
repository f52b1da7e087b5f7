// An instance seen from outside: from the lock its supervisor holds and the status it writes.
// Everything here waits by looking again ten times a second. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <tl/expected.hpp>

#include "compose/status.hpp"

namespace orderflow::compose {

// What a person is told: one line, and the log whose end says more (empty: there is none).
struct Failure {
  std::string why;
  std::filesystem::path log;
};

// Called at each look with a few words on what goes on.
using Progress = std::function<void(const std::string&)>;

class Instance {
 public:
  explicit Instance(std::filesystem::path state_dir) : state_dir_(std::move(state_dir)) {}

  // As last written, by whatever supervisor; a starting one without processes when there is none.
  [[nodiscard]] Status status() const;
  // The same as it is in the file.
  [[nodiscard]] std::string status_text() const;

  // Its supervisor; 0 when none runs.
  [[nodiscard]] pid_t supervisor() const;

  // Waits until everything that the supervisor with this id starts is ready. Its start is bounded
  // by its own deadlines; when it ends instead, the failure names the reason.
  [[nodiscard]] tl::expected<Status, Failure> wait_until_up(pid_t supervisor,
                                                            const Progress& progress) const;

  // Stops everything in order, at the latest by killing the supervisor, with which its processes
  // die. `supervisor` is the one to stop, 0 the one that runs. Without one, waits a moment for what
  // a killed one may have left.
  [[nodiscard]] tl::expected<void, Failure> stop(pid_t supervisor, const Progress& progress) const;

 private:
  [[nodiscard]] Failure start_failure() const;
  void await_leftovers() const;

  std::filesystem::path state_dir_;
};

}  // namespace orderflow::compose
