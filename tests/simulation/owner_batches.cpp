#include <algorithm>
#include <utility>

#include "tests/simulation/owner.hpp"

namespace orderflow::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- one transaction ----------------------------------------------------------------------------

void Owner::submit() {
  busy_ = true;
  if (context_.defect == Defect::kPublishBeforeCommit) {
    for (const auto& one : std::exchange(in_flight_->plan.outgoing, {})) {
      broker_.send(producer_, one.message,
                   marks_.expect(one.partition, one.batch_no, steady_time()), Duration{0});
    }
  }
  if (dies("before its commit")) return;
  later(context_.database_latency(), [this] { arrive(); });
}

void Owner::arrive() {
  if (context_.now() < context_.database_down_until) return recover("the database is down");
  if (context_.faults.strike(Fault::kLateCommit)) return late_commit();
  const Committed outcome = database_.commit(in_flight_->plan.transaction);
  if (outcome == Committed::kYes && context_.trace.on()) trace_messages("commits");
  if (dies("after its commit")) return;
  const Duration delay = context_.database_latency();
  if (context_.faults.strike(Fault::kAnswerLost)) {
    trace("does not hear that it committed");
    return later(delay, [this] {
      if (context_.defect == Defect::kPublishOnUnknownCommit) return answered(Committed::kYes);
      recover("the answer of a commit was lost");
    });
  }
  later(delay, [this, outcome, time = context_.database_now()] {
    if (outcome == Committed::kYes) observed(time);
    answered(outcome);
  });
}

// The connection is gone, and nobody knows whether the server will still commit. It does, or finds
// that the partition was granted to another owner meanwhile.
void Owner::late_commit() {
  trace("loses its connection during COMMIT");
  if (context_.random.chance(0.7)) {
    const auto delay = context_.random.between(Duration{0}, seconds{1});
    context_.timeline.after(
        delay, [this, late = in_flight_->plan.transaction] { (void)database_.commit(late); });
  }
  later(context_.database_latency(), [this] {
    if (context_.defect == Defect::kPublishOnUnknownCommit) return answered(Committed::kYes);
    recover("the connection died during COMMIT");
  });
}

void Owner::answered(Committed outcome) {
  if (outcome == Committed::kFenced) return fenced();
  if (outcome == Committed::kConflict) {
    handler_->discarded();
    in_flight_.reset();
    busy_ = false;
    return poke();
  }
  for (const Advance& advance : in_flight_->plan.transaction.advances) {
    Grant& grant = grants_.at(advance.partition);
    grant.next_offset = advance.next_offset;
    grant.batch_no = advance.batch_no;
    grant.published_mark = advance.published_mark;
  }
  if (in_flight_->tick) {
    in_flight_.reset();
    busy_ = false;
    return step_by(context_.now());
  }
  conclude();
}

void Owner::conclude() {
  for (const auto& refused : in_flight_->refused) {
    for (const auto tag : refused.tags) marks_.acknowledged(tag);
  }
  if (!in_flight_->refused.empty()) keyed_sends_.settle();
  handler_->committed();
  for (const auto& [partition, count] : in_flight_->handled) {
    auto& buffer = buffers_[partition];
    buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  hand_over(std::move(in_flight_->plan.outgoing));
  in_flight_.reset();
  if (!to_send_.empty() && dies("between its commit and publishing")) return;
  if (stopped()) return later(Duration{0}, [this] { publish(); });
  publish();
}

void Owner::hand_over(std::vector<Outgoing> outgoing) {
  to_send_.assign(std::make_move_iterator(outgoing.begin()),
                  std::make_move_iterator(outgoing.end()));
  if (context_.defect == Defect::kExpectOneByOne) return;
  for (auto& one : to_send_) one.tag = marks_.expect(one.partition, one.batch_no, steady_time());
}

void Owner::send(const Outgoing& outgoing, std::uint64_t tag) {
  if (!one_by_one_) return broker_.send(producer_, outgoing.message, tag, outgoing.delay);
  producers::KeyedSends::Message one;
  one.message.topic = std::to_string(static_cast<int>(outgoing.message->topic));
  one.message.key = std::to_string(outgoing.message->order);
  one.message.body = std::to_string(next_keyed_++);
  one.tag = tag;
  one.in_sequence = outgoing.message->topic == Topic::kEvents;
  keyed_.emplace(one.message.body, outgoing);
  keyed_sends_.add(std::move(one));
}

void Owner::publish() {
  while (!to_send_.empty()) {
    const Outgoing next = std::move(to_send_.front());
    to_send_.pop_front();
    const bool one_by_one = context_.defect == Defect::kExpectOneByOne;
    const auto tag =
        one_by_one ? marks_.expect(next.partition, next.batch_no, steady_time()) : next.tag;
    send(next, tag);
    if (to_send_.empty()) break;
    if (dies("while publishing")) return;
    if (stopped()) return later(Duration{0}, [this] { publish(); });
  }
  busy_ = false;
  step_by(context_.now());
}

}  // namespace orderflow::simulation
