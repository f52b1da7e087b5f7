#include "consumers/runtime/settlement.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::consumers {

using core::CrashPlace;
using core::Duration;
using core::KafkaMessage;

namespace {

constexpr Duration kStuckAfter = std::chrono::seconds{1};

}  // namespace

void Settlement::write_marks() {
  std::vector<Advance> rows;
  for (const auto& [partition, grant] : to_.owned.grants) {
    rows.push_back(advance_from(grant, grant.batch_no));
  }
  const core::PgCall check = to_.store.ownership_check(rows);
  advance(rows, {&check, 1}, CrashPlace::kBeforeMark, CrashPlace::kInMark, CrashPlace::kAfterMark);
}

// Only errors that the server blames on a value lead to a search for the message with that value.
void Settlement::process(std::span<const KafkaMessage* const> batch, bool include_due) {
  try {
    attempt(batch, include_due);
  } catch (const core::DataError& error) {
    if (batch.empty()) {
      throw core::Unavailable(std::string("the database refuses what is due: ") + error.what());
    }
    if (include_due) {
      process(batch, false);
    } else if (batch.size() == 1) {
      poison(*batch.front(), error.what());
    } else {
      const auto half = batch.size() / 2;
      process(batch.first(half), false);
      process(batch.subspan(half), false);
    }
  }
}

Work Settlement::make_work(std::span<const KafkaMessage* const> batch, bool include_due) {
  stuck_.clear();
  for (const auto& [partition, grant] : to_.owned.grants) {
    if (to_.publisher.oldest_unacknowledged(partition) > kStuckAfter) stuck_.insert(partition);
  }
  return Work{batch,  include_due,        to_.clock.now(),           to_.owned.grants,
              stuck_, to_.backlog.ages(), to_.owned.partition_count, to_.session};
}

void Settlement::attempt(std::span<const KafkaMessage* const> batch, bool include_due) {
  settle(batch, include_due, [this](const Work& work) { return to_.handler.decide(work); });
}

void Settlement::poison(const KafkaMessage& message, const std::string& reason) {
  to_.logger.error("dead letter", {{"topic", to_.topic},
                                   {"partition", message.partition()},
                                   {"offset", message.offset()},
                                   {"reason", reason}});
  const KafkaMessage* const only[] = {&message};
  settle(only, false, [&](const Work& work) {
    Decision decision = to_.handler.poisoned(message, reason, work);
    decision.dead_letters.push_back({&message, reason});
    return decision;
  });
}

template <typename Decide>
void Settlement::settle(std::span<const KafkaMessage* const> batch, bool include_due,
                        Decide decide) {
  const Work work = make_work(batch, include_due);
  try {
    commit(batch, decide(work));
  } catch (const nlohmann::json::exception& error) {
    // Decoded, yet not what anybody expects: the search finds whose fault it is.
    to_.handler.discarded();
    throw core::DataError("22000", error.what());
  } catch (...) {
    to_.handler.discarded();
    throw;
  }
  conclude(batch);
}

// One transaction: ownership, effects, dead letters, offsets. Adopts the new grants afterwards.
void Settlement::commit(std::span<const KafkaMessage* const> batch, Decision decision) {
  std::map<std::int32_t, Advance> advances;
  const auto advance_of = [&](std::int32_t partition) -> Advance& {
    const Grant& grant = to_.owned.grants.at(partition);
    const auto [slot, fresh] = advances.try_emplace(partition);
    if (fresh) slot->second = advance_from(grant, grant.batch_no + 1);
    return slot->second;
  };
  for (const KafkaMessage* message : batch) {
    advance_of(message->partition()).next_offset = message->offset() + 1;
  }
  for (const auto partition : decision.touched) advance_of(partition);
  if (advances.empty()) return;

  std::vector<Advance> rows;
  for (const auto& [partition, advance] : advances) rows.push_back(advance);
  std::vector<core::PgCall> calls;
  calls.push_back(to_.store.ownership_check(rows));
  for (auto& call : decision.calls) calls.push_back(std::move(call));
  if (!decision.dead_letters.empty()) {
    calls.push_back(to_.store.dead_letters(to_.topic, decision.dead_letters));
  }
  advance(rows, calls, CrashPlace::kBeforeCommit, CrashPlace::kInCommit, CrashPlace::kAfterCommit);
}

// The first of `calls` is the ownership check of `rows`.
void Settlement::advance(const std::vector<Advance>& rows, std::span<const core::PgCall> calls,
                         CrashPlace before, CrashPlace unanswered, CrashPlace after) {
  to_.crash.pass(before);
  const auto results = to_.session.transaction(calls, to_.crash.at(unanswered));
  to_.crash.pass(after);
  to_.clock.observe(results.front().time(0, 0));
  for (const Advance& row : rows) adopt(row);
}

Advance Settlement::advance_from(const Grant& grant, std::int64_t batch_no) const {
  const auto mark = std::max(grant.published_mark, to_.publisher.mark(grant.partition));
  return {grant.partition, grant.epoch, grant.next_offset,        grant.next_offset,
          batch_no,        mark,        to_.owned.oldest_ready_at};
}

void Settlement::adopt(const Advance& advance) {
  Grant& grant = to_.owned.grants.at(advance.partition);
  grant.next_offset = advance.next_offset;
  grant.batch_no = advance.batch_no;
  grant.published_mark = advance.published_mark;
}

// After a commit: the handler adopts, the messages leave their buffers, the results go out.
void Settlement::conclude(std::span<const KafkaMessage* const> batch) {
  const auto outgoing = to_.handler.committed(to_.owned.grants);
  to_.buffers.release(batch);
  to_.backlog.handled(batch.size());
  to_.publisher.publish(outgoing, kPublishPatience);
  if (!outgoing.empty()) to_.crash.pass(CrashPlace::kAfterSends);
}

}  // namespace orderflow::consumers
