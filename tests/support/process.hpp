#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/environment.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {

struct ProcessOptions {
  std::string name;
  std::vector<std::string> command;
  Environment environment;       // The whole environment of the child.
  std::filesystem::path log;     // Gets stdout and stderr; appended to.
  std::filesystem::path folder;  // Working directory; empty: this process's.
  std::string user;              // Run as; empty: as this process.
};

// A child process that never outlives the test: it is killed with the object, and by the kernel
// when the test itself dies. Start it from the main thread only, as the kernel's promise is bound
// to the thread that forked. Its methods may be called from any one thread at a time.
class Process {
 public:
  explicit Process(ProcessOptions options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] bool running();

  void signal(int number) const;
  // SIGKILL, and waits for the end.
  void kill();
  // SIGTERM; the exit code. Fails the test when the process is still there at the deadline.
  int terminate(Millis deadline = Millis{15'000});
  // SIGSTOP, and waits until the kernel has stopped it.
  void freeze();
  void thaw() const;
  // Exit code, or 128 + signal. Fails the test at the deadline.
  int wait_exit(Millis deadline = kPatience);

  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string log_tail(std::size_t lines = 25) const;
  [[nodiscard]] const ProcessOptions& options() const { return options_; }

 private:
  bool reap();

  ProcessOptions options_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

struct CommandResult {
  int exit_code = 0;
  std::string output;  // stdout and stderr together
};

// Runs a command to its end.
[[nodiscard]] CommandResult run_command(const std::vector<std::string>& command,
                                        const Environment& environment,
                                        const std::filesystem::path& folder = {},
                                        Millis deadline = Millis{60'000},
                                        const std::string& user = {});

[[nodiscard]] std::string read_text(const std::filesystem::path& file);
[[nodiscard]] std::string last_lines(const std::string& text, std::size_t lines);

}  // namespace orderflow::testing
