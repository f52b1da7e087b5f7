#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/kafka/consumer.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Membership of a consumer group: the Kafka client, what the group has assigned, and when the
// client no longer works and must be replaced. What is assigned is only a proposal; owning a
// partition is the database's to grant. One thread, the owner loop's.
class Membership final : public core::RebalanceListener {
 public:
  Membership(core::KafkaOptions options, std::string topic, std::string group,
             core::CrashSite crash, core::Logger& logger);

  // Joins, or joins again with a new client that knows nothing of the old one's: as a member of
  // this installation. Another installation whose members are in the group already is returned, and
  // the group not joined; whether there are any is not always to be known.
  [[nodiscard]] std::string join(const std::string& installation);
  // Leaves. The messages it returned must be gone before.
  void leave() { consumer_.reset(); }
  [[nodiscard]] bool exists() const { return consumer_ != nullptr; }

  // Reads on; kTopicGone is noted here and reads as nothing.
  [[nodiscard]] core::Polled poll(core::Duration timeout);
  void assign(std::span<const core::PartitionOffset> positions) { consumer_->assign(positions); }
  // Where the log of a partition ends, as the last fetch told; negative: not known.
  [[nodiscard]] std::int64_t log_end(std::int32_t partition) const {
    return consumer_->cached_watermarks(partition).second;
  }

  [[nodiscard]] const std::set<std::int32_t>& assigned() const { return assigned_; }
  // True once after each revocation.
  [[nodiscard]] bool take_revocation() { return std::exchange(revoked_, false); }
  [[nodiscard]] bool revoked() const { return revoked_; }
  // True once after each assignment, the empty one included.
  [[nodiscard]] bool take_assignment() { return std::exchange(newly_assigned_, false); }

  // Why the client must be replaced; null when it need not.
  //
  // A broker that was away may come back as another cluster, at another address, or without its
  // topics and groups. librdkafka 2.0 does not recover from all of that: it keeps asking the old
  // address of a group coordinator, takes a topic for gone, or does not join its group again.
  [[nodiscard]] const char* replacement_reason();

  // That reason, with what Kafka says of the group when it takes nobody in. Asks it: blocks for
  // some seconds at most.
  [[nodiscard]] std::string explained(const char* reason) const;

 private:
  void on_assigned(std::span<const std::int32_t> partitions) noexcept override;
  void on_revoked() noexcept override;

  core::KafkaOptions options_;
  std::string topic_;
  std::string group_;
  core::CrashSite crash_;
  core::Logger& logger_;
  std::unique_ptr<core::KafkaConsumer> consumer_;
  std::set<std::int32_t> assigned_;
  bool newly_assigned_ = false;
  bool revoked_ = false;
  bool joined_ = false;  // The group has answered; it may have given nothing.
  bool topic_gone_ = false;
  core::SteadyTime unassigned_since_{};
  std::string cluster_id_;
};

}  // namespace orderflow::consumers
