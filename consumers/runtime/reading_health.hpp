#pragma once

#include <string>

#include "core/kafka/consumer.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Tells readiness why a role may not read its topic or is no member of its group, and once the log;
// until it reads something, or kRefusedTimeout has passed without another refusal. A member that
// has been given no partition stands by, and is ready. One thread, the owner loop's.
class ReadingHealth {
 public:
  // librdkafka repeats a refused request several times in that time.
  static constexpr core::Duration kRefusedTimeout = std::chrono::seconds{30};

  ReadingHealth(const std::string& role, core::Health& health, core::Logger& logger);

  // Kafka takes it into no group, or tells nothing; it will be tried again.
  void is_no_member(const std::string& why, core::SteadyTime now);
  void is_member();

  void observe(const core::Polled& polled) {
    if (polled.refusal || refused_) tell(polled, std::chrono::steady_clock::now());
  }

 private:
  void tell(const core::Polled& polled, core::SteadyTime now);
  void refused(const std::string& why, core::SteadyTime now);

  std::string component_;
  core::Health& health_;
  core::Logger& logger_;
  bool refused_ = false;
  bool no_member_ = false;
  core::SteadyTime refused_at_{};
};

}  // namespace orderflow::consumers
