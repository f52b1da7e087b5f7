#include "core/values/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "core/values/uuid.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kDraws = 5'000;  // Many blocks of each thread.

TEST_CASE("random bits do not repeat, across blocks and threads") {
  std::set<std::uint64_t> seen;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        std::vector<std::uint64_t> drawn(kDraws);
        for (auto& word : drawn) word = random_bits();
        const std::lock_guard lock(mutex);
        seen.insert(drawn.begin(), drawn.end());
      });
    }
  }
  CHECK(seen.size() == kThreads * kDraws);
  CHECK_FALSE(seen.contains(0));  // What is left of those handed out.
}

// Of each bit about half are ones: within eight standard deviations.
TEST_CASE("random bits are of both kinds") {
  std::array<std::size_t, 64> ones{};
  constexpr std::size_t draws = 40'000;
  for (std::size_t i = 0; i < draws; ++i) {
    const auto word = random_bits();
    for (std::size_t bit = 0; bit < ones.size(); ++bit) ones[bit] += (word >> bit) & 1U;
  }
  for (const std::size_t count : ones) {
    CHECK(count > draws / 2 - 800);
    CHECK(count < draws / 2 + 800);
  }
}

// A generator that is copied with its process would give both the same ids.
TEST_CASE("a child process draws bits of its own") {
  (void)random_bits();  // There is a block that the child inherits.
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::array<std::uint64_t, 2> drawn{random_bits(), random_bits()};
    const bool told = write(ends[1], drawn.data(), sizeof drawn) == sizeof drawn;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  std::array<std::uint64_t, 2> theirs{};
  CHECK(read(ends[0], theirs.data(), sizeof theirs) == sizeof theirs);
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const std::set<std::uint64_t> ours{random_bits(), random_bits()};
  CHECK(theirs[0] != theirs[1]);
  for (const auto word : theirs) CHECK_FALSE(ours.contains(word));
}

TEST_CASE("ids made in many threads are all different, and ascend within each") {
  std::set<Uuid> seen;
  std::mutex mutex;
  std::size_t disordered = 0;
  std::size_t malformed = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        std::vector<Uuid> made(kDraws);
        for (auto& id : made) id = new_uuid_v7();
        const std::lock_guard lock(mutex);
        for (std::size_t at = 0; at < made.size(); ++at) {
          const auto& bytes = made[at].bytes;
          if (at > 0 && !(made[at - 1] < made[at])) ++disordered;
          if ((bytes[6] & 0xf0) != 0x70 || (bytes[8] & 0xc0) != 0x80) ++malformed;
        }
        seen.insert(made.begin(), made.end());
      });
    }
  }
  CHECK(seen.size() == kThreads * kDraws);
  CHECK(disordered == 0);
  CHECK(malformed == 0);
}

}  // namespace
}  // namespace orderflow::core
