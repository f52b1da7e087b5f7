#include "core/values/random.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace orderflow::core {
namespace {

// So many that the system call is a small part of what a number costs.
constexpr std::size_t kBlockBytes = 4096;

std::atomic<std::uint32_t> forks{0};

// Every number once. Those handed out are wiped, lest they be found in memory.
class RandomBlock {
 public:
  std::uint64_t next() {
    if (at_ == words_.size() || forks_ != forks.load(std::memory_order_relaxed)) refill();
    const std::uint64_t word = words_[at_];
    words_[at_++] = 0;
    return word;
  }

 private:
  void refill() {
    static const int watched =
        pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    if (watched != 0) throw std::system_error(watched, std::generic_category(), "pthread_atfork");
    forks_ = forks.load(std::memory_order_relaxed);
    auto* bytes = reinterpret_cast<char*>(words_.data());
    for (std::size_t filled = 0; filled < kBlockBytes;) {
      const auto given = getrandom(bytes + filled, kBlockBytes - filled, 0);
      if (given < 0 && errno != EINTR) {
        throw std::system_error(errno, std::generic_category(), "getrandom");
      }
      if (given > 0) filled += static_cast<std::size_t>(given);
    }
    at_ = 0;
  }

  std::array<std::uint64_t, kBlockBytes / sizeof(std::uint64_t)> words_{};
  std::size_t at_ = words_.size();
  std::uint32_t forks_ = 0;
};

}  // namespace

std::uint64_t random_bits() {
  thread_local RandomBlock block;
  return block.next();
}

}  // namespace orderflow::core
