#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/testing/crash_point.hpp"
#include "producers/keyed_sends.hpp"
#include "producers/publish_marks.hpp"
#include "producers/refused.hpp"

namespace orderflow::producers {

// A message to publish after the commit of the batch that caused it.
struct Outgoing {
  core::OutgoingMessage message;
  std::int32_t owner_partition = 0;  // Whose batch it was; `message` says where it goes.
  std::int64_t batch_no = 0;         // The number of that batch in the owner's partition.
  bool in_sequence = false;          // Nothing of its key may be stored when this was not.
};

// Publishes what was committed, in commit order, and knows up to which batch of each partition all
// is acknowledged: the mark. What lies beyond a mark is derived again from the database by the next
// owner, so nothing here needs to survive.
//
// A message that Kafka refuses for good breaks the publisher once, since batches are refused as a
// whole. From then on it sends one message at a time for each key, and tells which are refused.
//
// One thread: the owner loop's. Bounded by the producer's queue; publish() waits while it is full.
class Publisher {
 public:
  Publisher(core::KafkaOptions options, core::Logger& logger, core::Metrics& metrics,
            core::Health& health);
  ~Publisher();

  // From now on every message bears this header.
  void stamp(const std::string& name, const std::string& value);

  // Starts tracking a partition at its grant: batches up to `mark` are known to be published.
  void begin(std::int32_t partition, std::int64_t mark);

  // Hands the messages over in order. Blocks while the queue is full, at most `timeout`, then
  // throws core::Unavailable: the caller gives up its grants and begins again from the marks.
  void publish(const std::vector<Outgoing>& messages, core::Duration timeout);

  // Runs acknowledgements that have come in.
  void poll(core::Duration timeout);

  // Up to which batch of each partition every message is acknowledged.
  [[nodiscard]] const PublishMarks& marks() const { return marks_; }

  // How long the oldest unacknowledged message of this partition has waited; zero when none does.
  [[nodiscard]] core::Duration oldest_unacknowledged(std::int32_t partition) const;
  [[nodiscard]] core::Duration oldest_unacknowledged() const;

  // What Kafka refuses for good, in no order. Marks do not pass these messages until settle(),
  // which is called, before anything else is published, once it is durable what follows from them.
  [[nodiscard]] std::vector<Refused> refusals() const { return one_by_one_.refusals(); }
  void settle(const std::vector<Refused>& refused);

  // A message was reported as not stored, or the producer failed for good: reset() and be granted
  // again. why() says what is known.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::string why() const;

  // Drops everything queued, every mark, and starts with a new producer.
  void reset();

  // Waits for what is queued, for a graceful end. True when all was acknowledged.
  bool flush(core::Duration timeout);

 private:
  void on_report(const core::SendReport& report);
  void on_refusal(const core::SendReport& report, const core::Refusal& refusal);
  void tell(const core::Refusal& refusal);
  void show_unacknowledged(core::Duration oldest);
  void start();
  void send_now(const Outgoing& outgoing, std::uint64_t tag, core::SteadyTime deadline);
  void send_in_turn(const Outgoing& outgoing, std::uint64_t tag, core::Duration timeout);
  void await_room(core::SteadyTime deadline);
  [[nodiscard]] core::KafkaProducer::Timestamp timestamp_for(const std::string& topic) const;

  core::KafkaOptions options_;
  core::Logger& logger_;
  core::Metrics& metrics_;
  core::Health& health_;
  core::CrashSite crash_;
  std::string component_;
  std::unique_ptr<core::KafkaProducer> producer_;
  std::pair<std::string, std::string> stamp_;
  PublishMarks marks_;
  bool broken_ = false;
  prometheus::Gauge& oldest_seconds_;

  core::RefusalMode mode_ = core::RefusalMode::kStop;
  core::SteadyTime one_by_one_until_{};
  KeyedSends one_by_one_;
  std::set<std::string> without_timestamp_;             // Topics that refuse those of our clock.
  std::set<std::pair<std::string, std::string>> told_;  // Topic and error.
  std::optional<core::Refusal> last_refusal_;           // As long as readiness tells of it.
  core::SteadyTime refused_at_{};
  bool unacknowledged_shown_ = false;
};

}  // namespace orderflow::producers
