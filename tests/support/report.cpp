#include "tests/support/report.hpp"

#include <catch2/catch_assertion_result.hpp>
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>

#include "tests/support/system.hpp"

namespace orderflow::testing {
namespace {

std::set<System*>& live_systems() {
  static std::set<System*> systems;
  return systems;
}

std::unique_ptr<System>& shared_slot() {
  static std::unique_ptr<System> system;
  return system;
}

// Says what runs and how long it took, shows the logs at the moment of failure, and ends the shared
// installation after the last test (and not among static destructors, where a failure could not be
// told).
class Reporter : public Catch::EventListenerBase {
 public:
  using Catch::EventListenerBase::EventListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    started_ = std::chrono::steady_clock::now();
    std::cout << "[ run ] " << info.name << std::endl;
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const auto took =
        std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started_);
    std::cout << (stats.totals.assertions.allOk() ? "[  ok ] " : "[ BAD ] ") << stats.testInfo->name
              << " (" << took.count() << " ms)" << std::endl;
  }

  void assertionEnded(const Catch::AssertionStats& stats) override {
    if (stats.assertionResult.isOk()) return;
    for (const auto* system : live_systems()) std::cout << system->log_tails() << std::endl;
  }

  void testRunEnded(const Catch::TestRunStats&) override { shared_slot().reset(); }

 private:
  std::chrono::steady_clock::time_point started_;
};

CATCH_REGISTER_LISTENER(Reporter)

}  // namespace

void register_system(System* system) { live_systems().insert(system); }

void unregister_system(System* system) { live_systems().erase(system); }

System& shared_system() {
  auto& slot = shared_slot();
  if (!slot) slot = std::make_unique<System>(SystemOptions{.name = "shared"});
  return *slot;
}

}  // namespace orderflow::testing
