#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "consumers/runtime/installation_guard.hpp"
#include "consumers/runtime/owned_partitions.hpp"
#include "consumers/runtime/owner_database.hpp"
#include "consumers/runtime/partition_handler.hpp"
#include "core/observe/log.hpp"
#include "core/testing/crash_point.hpp"
#include "producers/publisher.hpp"

namespace orderflow::consumers {

// How long an owner waits for room in its outgoing queue before it starts over.
inline constexpr core::Duration kPublishTimeout = std::chrono::seconds{10};

// Takes batches the whole way: the handler prepares a draft, the database commits it in one
// transaction {ownership check, effects, dead letters, offsets}, the partitions advance, the
// publisher sends what follows. When the server refuses a value, the batch is bisected.
//
// Works on what the owner loop owns; one thread, the loop's. Throws Fenced, Conflict, Unavailable:
// nothing of the batch happened, or (CommitUnknown) nobody knows; its messages are still buffered.
class BatchProcessor {
 public:
  BatchProcessor(PartitionHandler& handler, OwnerDatabase& database,
                 producers::Publisher& publisher, OwnedPartitions& partitions,
                 InstallationGuard& guard, core::CrashSite crash, core::Logger& logger);

  // Handles the messages, which are buffered, and what is due if that is wanted.
  void process(Messages messages, bool include_due) { process(messages, include_due, {}); }

  // The same for one partition: what is due in others is left alone, so that a failure is its own.
  void process_alone(std::int32_t partition, Messages messages, bool include_due) {
    process(messages, include_due, partition);
  }

  // Makes durable what follows from the messages that Kafka refuses for good, and gives them up.
  void give_up(const std::vector<producers::Refused>& refused);

  // A transaction without a batch: that the owner lives, and the marks of these partitions of its.
  void write_marks(const Grants& grants);

 private:
  void process(Messages messages, bool include_due, std::optional<std::int32_t> alone);
  // Of all partitions, or of one alone.
  [[nodiscard]] Batch make_batch(Messages messages, bool include_due,
                                 std::optional<std::int32_t> alone = {});
  void handle_dead_letter(const core::KafkaMessage* message, const std::string& reason);
  template <typename Prepare>
  void commit(Messages messages, const Batch& batch, const Prepare& prepare);
  template <typename Prepare>
  void store(Messages messages, const Batch& batch, const Prepare& prepare);
  void log(const std::vector<DeadLetter>& letters);
  void publish(Messages messages);

  PartitionHandler& handler_;
  OwnerDatabase& database_;
  producers::Publisher& publisher_;
  OwnedPartitions& partitions_;
  InstallationGuard& guard_;
  core::CrashSite crash_;
  core::Logger& logger_;
  Grants alone_;  // Of the batch that is of one partition only.
};

}  // namespace orderflow::consumers
