#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Keeps apart two installations that share a topic, each of which would move the other's money:
// what bears another installation's id is never processed, and whoever reads it is not ready, until
// none has come for kForeignTimeout. One thread, the owner loop's.
class InstallationGuard {
 public:
  static constexpr core::Duration kForeignTimeout = std::chrono::minutes{1};

  InstallationGuard(const std::string& role, std::string topic, core::Health& health,
                    core::Logger& logger, core::Metrics& metrics);

  // This installation's id, as the database has it.
  void set_installation(std::string id) { id_ = std::move(id); }
  [[nodiscard]] const std::string& installation() const { return id_; }

  // Those of the messages that are not another installation's. Valid until the next call.
  [[nodiscard]] Messages own(Messages messages);
  // The others among them were passed over for good.
  void passed_over(Messages messages);

  // The consumer group has members of another installation; empty: none.
  void group_shared_with(const std::string& other);
  // Once a second.
  void tick(core::SteadyTime now);

 private:
  [[nodiscard]] bool is_foreign(const core::KafkaMessage& message) const;
  void not_ready(const std::string& other, core::SteadyTime now);

  std::string component_;
  std::string topic_;
  core::Health& health_;
  core::Logger& logger_;
  prometheus::Counter& foreign_;
  std::string id_;
  std::vector<const core::KafkaMessage*> own_;
  bool ready_ = true;
  core::SteadyTime seen_at_{};
};

}  // namespace orderflow::consumers
