#include "compose/lock.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <utility>

#include "tests/support/environment.hpp"

using orderflow::compose::lock_holder;
using orderflow::compose::SupervisorLock;

TEST_CASE("the lock names its holder for as long as that has it") {
  const orderflow::testing::TemporaryFolder folder("lock");
  CHECK(lock_holder(folder.path()) == 0);
  {
    auto taken = SupervisorLock::take(folder.path());
    REQUIRE(taken);
    CHECK(lock_holder(folder.path()) == ::getpid());
    const SupervisorLock moved = *std::move(taken);
    CHECK(lock_holder(folder.path()) == ::getpid());
  }
  CHECK(lock_holder(folder.path()) == 0);
  CHECK(SupervisorLock::take(folder.path()));
}

TEST_CASE("a folder that is not there has no lock to give") {
  const auto taken = SupervisorLock::take("/no/such/folder");
  REQUIRE_FALSE(taken);
  CHECK(taken.error() == "/no/such/folder/supervisor.lock: No such file or directory");
}
