#include "core/async/process.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

void until_stopped(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::yield();
}

TEST_CASE("a process ends when one piece of its work does, and stops the others") {
  Process process;
  std::atomic<int> stopped{0};
  const auto others = [&](const std::stop_token& stop) {
    until_stopped(stop);
    ++stopped;
  };
  CHECK(process.run({others, [](const std::stop_token&) {}, others}) == 0);
  CHECK(stopped == 2);
}

TEST_CASE("a failure and bad configuration have exit codes of their own") {
  Process failing;
  CHECK(failing.run({until_stopped, [](const std::stop_token&) {
                       throw std::runtime_error("for the test");
                     }}) == 1);
  Process misconfigured;
  CHECK(misconfigured.run(
            {[](const std::stop_token&) { throw BadConfiguration("for the test"); }}) == 2);
}

TEST_CASE("a process stops in order on SIGTERM, also on one that came before its work began") {
  Process process;
  std::atomic<bool> stopped{false};
  REQUIRE(::kill(::getpid(), SIGTERM) == 0);
  CHECK(process.run({[&](const std::stop_token& stop) {
    until_stopped(stop);
    stopped = true;
  }}) == 0);
  CHECK(stopped);
}

TEST_CASE("signals are blocked for as long as the process object lives") {
  sigset_t mask;
  const auto blocked = [&] {
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, SIGTERM) == 1;
  };
  REQUIRE_FALSE(blocked());
  {
    const Process process;
    CHECK(blocked());
  }
  CHECK_FALSE(blocked());
}

}  // namespace
}  // namespace orderflow::core
