#include "consumers/runtime/membership.hpp"

#include <utility>

#include "events/installations.hpp"

namespace orderflow::consumers {

using std::chrono::steady_clock;

namespace {

// Longer than a group takes to form, also the embedded broker's.
constexpr std::chrono::seconds kJoinTimeout{15};
// A cluster that tells who the members are does so at once.
constexpr std::chrono::seconds kMembersTimeout{2};

}  // namespace

Membership::Membership(core::KafkaOptions options, std::string topic, std::string group,
                       core::CrashSite crash, core::Logger& logger)
    : options_(std::move(options)),
      topic_(std::move(topic)),
      group_(std::move(group)),
      crash_(crash),
      logger_(logger) {}

std::string Membership::join(const std::string& installation) {
  consumer_.reset();
  assigned_.clear();
  newly_assigned_ = false;
  revoked_ = false;
  joined_ = false;
  topic_gone_ = false;
  cluster_id_.clear();
  unassigned_since_ = steady_clock::now();
  core::KafkaOptions options = options_;
  options.client_id = events::member_client_id(options.client_id, installation);
  consumer_ = std::make_unique<core::KafkaConsumer>(options, logger_, topic_, group_, this);
  // What cannot be told now is told by the messages' headers.
  const auto members = consumer_->member_client_ids(kMembersTimeout).value_or(core::ClientIds{});
  auto other = events::other_installation(members, installation);
  if (other.empty()) {
    consumer_->join();
  } else {
    consumer_.reset();
  }
  return other;
}

core::Polled Membership::poll(core::Duration timeout) {
  core::Polled polled = consumer_->poll(timeout);
  if (polled.outcome == core::PollOutcome::kTopicGone) {
    topic_gone_ = true;
    polled.outcome = core::PollOutcome::kNothing;
  }
  return polled;
}

void Membership::on_assigned(std::span<const std::int32_t> partitions) noexcept {
  crash_.pass(core::CrashPlace::kInAssign);
  assigned_ = {partitions.begin(), partitions.end()};
  newly_assigned_ = true;
  joined_ = true;
}

void Membership::on_revoked() noexcept {
  crash_.pass(core::CrashPlace::kInRevoke);
  assigned_.clear();
  newly_assigned_ = false;
  revoked_ = true;
  joined_ = false;
  unassigned_since_ = steady_clock::now();
}

const char* Membership::replacement_reason() {
  const std::string id = consumer_->cluster_id(core::Duration{0});
  const bool another = !id.empty() && !cluster_id_.empty() && id != cluster_id_;
  if (!id.empty()) cluster_id_ = id;
  if (another) return "Kafka is another cluster now";
  if (topic_gone_) return "the topic is gone or not there yet";
  if (joined_ && consumer_->cluster_lost()) return "no broker was reachable";
  const bool timed_out = steady_clock::now() > unassigned_since_ + kJoinTimeout;
  return !joined_ && timed_out ? "the group gives no partitions" : nullptr;
}

std::string Membership::explained(const char* reason) const {
  std::string text = reason;
  if (joined_ || topic_gone_ || consumer_->cluster_lost()) return text;
  const auto members = consumer_->member_client_ids(kMembersTimeout);
  if (!members) text += " (Kafka says of it: " + members.error() + ")";
  return text;
}

}  // namespace orderflow::consumers
