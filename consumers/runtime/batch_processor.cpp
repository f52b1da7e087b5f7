#include "consumers/runtime/batch_processor.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "consumers/runtime/bisect.hpp"
#include "consumers/runtime/transaction.hpp"

namespace orderflow::consumers {

using core::KafkaMessage;

namespace {

constexpr core::Duration kStuckAfter = std::chrono::seconds{1};

}  // namespace

BatchProcessor::BatchProcessor(PartitionHandler& handler, OwnerDatabase& database,
                               producers::Publisher& publisher, OwnedPartitions& partitions,
                               InstallationGuard& guard, core::CrashSite crash,
                               core::Logger& logger)
    : handler_(handler),
      database_(database),
      publisher_(publisher),
      partitions_(partitions),
      guard_(guard),
      crash_(crash),
      logger_(logger) {}

void BatchProcessor::process(Messages messages, bool include_due,
                             std::optional<std::int32_t> alone) {
  attempt_or_bisect(
      messages, include_due,
      [&](Messages some, bool due) {
        const Batch batch = make_batch(guard_.own(some), due, alone);
        commit(some, batch, [&] { return handler_.prepare(batch, database_.session()); });
      },
      [this](const KafkaMessage* message, const std::string& reason) {
        handle_dead_letter(message, reason);
      });
}

void BatchProcessor::write_marks(const Grants& grants) {
  const auto transaction = database_.transaction(
      mark_advances(grants, publisher_.marks(), partitions_.oldest_ready_at()), {});
  partitions_.apply(database_.commit_marks(transaction));
}

Batch BatchProcessor::make_batch(Messages messages, bool include_due,
                                 std::optional<std::int32_t> alone) {
  const Grants& owned = partitions_.grants();
  if (alone) alone_ = {{*alone, owned.at(*alone)}};
  const Grants& grants = alone ? alone_ : owned;
  std::set<std::int32_t> stuck;
  for (const auto& [partition, grant] : owned) {
    const bool waits = publisher_.oldest_unacknowledged(partition) > kStuckAfter;
    if (waits || !grants.contains(partition)) stuck.insert(partition);
  }
  return {messages,
          include_due,
          database_.now(),
          grants,
          std::move(stuck),
          partitions_.backlog().ages(),
          partitions_.partition_count()};
}

void BatchProcessor::handle_dead_letter(const KafkaMessage* message, const std::string& reason) {
  const Messages alone{&message, 1};
  const Batch batch = make_batch(alone, false);
  commit(alone, batch, [&] {
    auto draft = handler_.prepare_dead_letter(batch, reason, database_.session());
    draft.dead_letters.push_back({message, reason});
    return draft;
  });
}

void BatchProcessor::give_up(const std::vector<producers::Refused>& refused) {
  const Batch batch = make_batch({}, false);
  store({}, batch, [&] { return handler_.prepare_refused(batch, refused, database_.session()); });
  publisher_.settle(refused);
  publish({});
}

template <typename Prepare>
void BatchProcessor::commit(Messages messages, const Batch& batch, const Prepare& prepare) {
  store(messages, batch, prepare);
  publish(messages);
}

// The partitions advance beyond all of the messages, whatever of them the batch has.
template <typename Prepare>
void BatchProcessor::store(Messages messages, const Batch& batch, const Prepare& prepare) {
  Committed committed;
  std::vector<DeadLetter> letters;
  try {
    auto draft = prepare();
    letters = draft.dead_letters;
    auto advances = batch_advances(batch.grants, next_offsets(messages), draft.touched,
                                   publisher_.marks(), partitions_.oldest_ready_at());
    committed = database_.commit(database_.transaction(std::move(advances), std::move(draft)));
  } catch (const nlohmann::json::exception& error) {
    handler_.discarded();
    // Decoded, yet not what anybody expects: bisecting finds the message.
    throw core::DataError("22000", error.what());
  } catch (...) {
    handler_.discarded();
    throw;
  }
  partitions_.apply(committed);
  log(letters);
  if (batch.messages.size() < messages.size()) guard_.passed_over(messages);
}

void BatchProcessor::log(const std::vector<DeadLetter>& letters) {
  for (const auto& [message, reason] : letters) {
    logger_.error("dead letter", {{"topic", database_.topic()},
                                  {"partition", message->partition()},
                                  {"offset", message->offset()},
                                  {"reason", reason}});
  }
}

// After the commit: the handler's state holds, the messages leave their buffers, the results go
// out.
void BatchProcessor::publish(Messages messages) {
  const auto outgoing = handler_.committed(partitions_.grants());
  partitions_.release(messages);
  publisher_.publish(outgoing, kPublishTimeout);
  if (!outgoing.empty()) crash_.pass(core::CrashPlace::kAfterSends);
}

}  // namespace orderflow::consumers
