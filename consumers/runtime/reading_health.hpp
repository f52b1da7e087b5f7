#pragma once

#include <string>

#include "core/kafka/consumer.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Tells readiness why a role may not read its topic or join its group, and once the log; until it
// reads something, or kRefusedTimeout has passed without another refusal. One thread, the owner
// loop's.
class ReadingHealth {
 public:
  // librdkafka repeats a refused request several times in that time.
  static constexpr core::Duration kRefusedTimeout = std::chrono::seconds{30};

  ReadingHealth(const std::string& role, core::Health& health, core::Logger& logger);

  void observe(const core::Polled& polled) {
    if (polled.refusal || refused_) tell(polled, std::chrono::steady_clock::now());
  }

 private:
  void tell(const core::Polled& polled, core::SteadyTime now);

  std::string component_;
  core::Health& health_;
  core::Logger& logger_;
  bool refused_ = false;
  core::SteadyTime refused_at_{};
};

}  // namespace orderflow::consumers
