#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/kafka/admin_client.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/topic_spec.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"

namespace orderflow::core {

// Keeps the topics there: creates them once the cluster answers, and again when a cluster that lost
// its data comes back without them. Tells of settings of theirs that refuse or forget messages.
// Reports the component "topics". Has a thread of its own until destruction, which asks `topics`
// for what is wanted each time; while that throws it waits.
class TopicKeeper {
 public:
  using Topics = std::function<std::vector<TopicSpec>()>;

  TopicKeeper(KafkaOptions options, Health& health, Logger& logger, Topics topics);
  ~TopicKeeper();
  TopicKeeper(const TopicKeeper&) = delete;
  TopicKeeper& operator=(const TopicKeeper&) = delete;

 private:
  void keep(const std::stop_token& stop);
  // False: some are being created.
  bool keep_once(AdminClient& admin);
  void check_settings(AdminClient& admin, const AdminClient::FoundTopics& existing,
                      const std::vector<TopicSpec>& wanted);

  KafkaOptions options_;
  Health& health_;
  Logger& logger_;
  Topics topics_;
  // The thread's own.
  SteadyTime next_settings_{};
  std::string problems_;  // Empty: none.
  bool nothing_is_stored_ = false;
  std::jthread thread_;
};

// What is wrong with those of the topics that are there; nothing when the cluster does not tell.
[[nodiscard]] std::optional<std::vector<TopicProblem>> problems_of(
    AdminClient& admin, const AdminClient::FoundTopics& existing,
    const std::vector<std::string>& topics, const KafkaOptions& options);

// Makes sure that a topic has at least so many partitions. Throws BadConfiguration when there is no
// such topic or the broker cannot add any (the embedded one), Unavailable when it does not answer.
void ensure_partitions(const KafkaOptions& options, Logger& logger, const std::string& topic,
                       std::int32_t partitions);

}  // namespace orderflow::core
