// `<state>/supervisor.lock`: held as long as the instance's supervisor lives, whatever ends it, and
// by nothing it starts; the file names the holder.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace orderflow::compose {

// Owns the lock until its end.
class SupervisorLock {
 public:
  // Takes it and writes this process's id. An error is one line: who has it, or why it cannot be
  // had.
  [[nodiscard]] static tl::expected<SupervisorLock, std::string> take(
      const std::filesystem::path& state_dir);

  ~SupervisorLock();
  SupervisorLock(SupervisorLock&& other) noexcept;
  SupervisorLock(const SupervisorLock&) = delete;
  SupervisorLock& operator=(const SupervisorLock&) = delete;
  SupervisorLock& operator=(SupervisorLock&&) = delete;

 private:
  explicit SupervisorLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

// The process that holds the lock; 0 when none does.
[[nodiscard]] pid_t lock_holder(const std::filesystem::path& state_dir);

}  // namespace orderflow::compose
