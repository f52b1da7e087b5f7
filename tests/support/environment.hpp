#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace orderflow::testing {

using Environment = std::map<std::string, std::string>;

// The value of a variable that `./orderflow test` sets. A missing one fails the test: a part of the
// proof that cannot run must never look like one that passed.
[[nodiscard]] std::string required_variable(const std::string& name);

// The environment of this process without anything that configures Orderflow, so that a test
// decides every setting itself.
[[nodiscard]] Environment neutral_environment();

// A new directory below the system's temporary folder, removed with the object unless kept.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Sixteen neighbouring ports below the range the kernel gives to outgoing connections, reserved
// against other test processes (a lock file) and seen to be free.
class PortBlock {
 public:
  static constexpr int kSize = 16;

  PortBlock();
  ~PortBlock();
  PortBlock(const PortBlock&) = delete;
  PortBlock& operator=(const PortBlock&) = delete;

  [[nodiscard]] std::uint16_t port(int index) const;

 private:
  int lock_ = -1;
  std::uint16_t first_ = 0;
};

// The user that servers refusing to run as root are given: `postgres`, else `nobody`; empty when
// this process is not root and may run them itself.
[[nodiscard]] std::string unprivileged_user();

}  // namespace orderflow::testing
