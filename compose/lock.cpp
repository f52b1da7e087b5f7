#include "compose/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "core/values/number.hpp"

namespace orderflow::compose {
namespace {

// Whoever looks whether an instance runs holds the lock for a moment.
constexpr std::chrono::seconds kWaitMax{2};
constexpr std::chrono::milliseconds kRetryEvery{10};

std::filesystem::path path_of(const std::filesystem::path& state_dir) {
  return state_dir / "supervisor.lock";
}

}  // namespace

tl::expected<SupervisorLock, std::string> SupervisorLock::take(
    const std::filesystem::path& state_dir) {
  const auto path = path_of(state_dir);
  const auto failed = [&] { return tl::unexpected(path.string() + ": " + std::strerror(errno)); };
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return failed();
  SupervisorLock lock(descriptor);
  const auto give_up_at = std::chrono::steady_clock::now() + kWaitMax;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= give_up_at) {
      return tl::unexpected("another supervisor already runs in " + state_dir.string());
    }
    std::this_thread::sleep_for(kRetryEvery);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::write(descriptor, pid.data(), pid.size()) != static_cast<ssize_t>(pid.size())) {
    return failed();
  }
  return lock;
}

SupervisorLock::SupervisorLock(SupervisorLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

SupervisorLock::~SupervisorLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

pid_t lock_holder(const std::filesystem::path& state_dir) {
  const int descriptor = ::open(path_of(state_dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  pid_t holder = 0;
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    std::array<char, 16> text{};
    const ssize_t size = ::read(descriptor, text.data(), text.size());
    const std::string_view line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    holder = core::parse_number<pid_t>(line.substr(0, line.find('\n'))).value_or(0);
  }
  ::close(descriptor);
  return holder;
}

}  // namespace orderflow::compose
