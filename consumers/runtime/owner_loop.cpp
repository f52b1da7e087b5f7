#include "consumers/runtime/owner_loop.hpp"

#include <algorithm>
#include <ranges>
#include <thread>
#include <utility>

#include "consumers/runtime/loop_metrics.hpp"
#include "consumers/runtime/membership.hpp"
#include "consumers/runtime/owner_identity.hpp"
#include "consumers/runtime/partition_buffers.hpp"
#include "consumers/runtime/partition_store.hpp"
#include "consumers/runtime/restart_pause.hpp"
#include "consumers/runtime/settlement.hpp"
#include "core/async/batch_pace.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"

namespace orderflow::consumers {

using core::CrashPlace;
using core::Duration;
using core::KafkaMessage;
using core::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr Duration kTickInterval = seconds{1};
constexpr Duration kLongestWait = milliseconds{100};
constexpr Duration kFarewell = seconds{3};
constexpr int kTicksPerDeadLetterCount = 5;

}  // namespace

class OwnerLoop::Impl {
 public:
  Impl(OwnerLoopOptions options, PartitionHandler& handler, core::DatabaseClock& clock,
       core::Logger& logger, core::Metrics& metrics, std::atomic<bool>& stop)
      : options_(std::move(options)),
        crash_(options_.role),
        handler_(handler),
        clock_(clock),
        logger_(logger),
        stop_(stop),
        store_(options_.schema, options_.role),
        session_(options_.database_url, owner_session(options_.role, options_.database_role)),
        membership_(options_.kafka, options_.topic, options_.group, crash_, logger),
        publisher_(options_.kafka, logger, metrics),
        owner_(owner_name(options_.role)),
        buffers_(options_.ready_delay),
        metrics_(metrics, options_.role, options_.topic),
        settlement_({options_.topic, crash_, handler_, clock_, logger_, store_, session_,
                     publisher_, buffers_, backlog_, owned_}) {}

  void run() {
    while (!stop_) {
      try {
        start();
        while (!stop_) step();
      } catch (const core::Unavailable& failure) {
        recover(failure.what());
      }
    }
    farewell();
  }

 private:
  // ---- start, stop, failure ---------------------------------------------------------------------

  void start() {
    if (membership_.exists()) return;
    owned_.partition_count = store_.layout(session_).partition_count;
    if (owned_.partition_count == 0) {
      throw core::Unavailable("the database has no partitions yet; run `orderflow migrate`");
    }
    membership_.join();
  }

  // Everything in memory is void; the database is read again once it answers.
  void recover(const std::string& why) {
    logger_.warning("starting over from the database", {{"reason", why}});
    drop(owned());
    // What it had queued is published again from the marks; kept, it would stop every next turn.
    if (publisher_.broken()) publisher_.reset();
    ungranted_ = membership_.assigned();
    const auto until = grant_not_before_ = pause_.next_end();
    // Without a consumer there is nothing to poll; otherwise polling keeps the group membership.
    if (!membership_.exists()) {
      while (!stop_ && steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{20});
    }
  }

  void farewell() {
    try {
      publisher_.flush(kFarewell);
      crash_.pass(CrashPlace::kInFarewell);
      if (!grants_.empty()) tick();
    } catch (const std::exception& failure) {
      logger_.warning("the last marks were not stored", {{"reason", failure.what()}});
    }
    drop(owned());  // A consumer ends only when its last message is gone.
    membership_.leave();
    logger_.info("stopped");
  }

  // ---- one turn ---------------------------------------------------------------------------------

  void step() {
    fill(wait_time());
    if (newly_lost_) assign_all();
    check_membership();
    if (membership_.take_revocation()) on_revocation();
    if (membership_.take_assignment()) {
      ungranted_ = membership_.assigned();
      grant_not_before_ = {};
    }
    if (steady_clock::now() >= next_layout_check_) check_layout();
    publisher_.poll(Duration{0});
    if (publisher_.broken()) throw core::Unavailable("messages were not stored by Kafka");
    if (!ungranted_.empty() && steady_clock::now() >= grant_not_before_) grant();
    if (grants_.empty()) return;
    try {
      work();
    } catch (const core::Fenced& fenced) {
      on_fenced(fenced.what());
    } catch (const core::Conflict& conflict) {
      // Nothing happened and the messages are still buffered: the next turn decides them afresh.
      logger_.debug("a batch is repeated", {{"reason", conflict.what()}});
    }
  }

  Duration wait_time() {
    if (buffers_.any_ready() && !paused_) return Duration{0};
    Duration wait = kLongestWait;
    if (paused_) return wait;
    if (!ungranted_.empty() || grants_.empty()) return wait;
    const Time due = handler_.next_due();
    if (due != Time::max()) wait = std::min(wait, due - clock_.now());
    if (options_.ready_delay > Duration{0}) wait = std::min<Duration>(wait, milliseconds{5});
    return std::max(wait, Duration{0});
  }

  void fill(Duration wait) {
    drain(wait);
    if (buffers_.size() == 0) return;
    const auto until = steady_clock::now() + pace_.window();
    while (buffers_.size() < pace_.expected() && !membership_.revoked() &&
           steady_clock::now() < until) {
      std::this_thread::sleep_for(core::BatchPace::kStep);
      drain(Duration{0});
    }
  }

  void drain(Duration wait) {
    std::size_t buffered = buffers_.size();
    // A full buffer still polls once, so that the group knows we live and rebalances reach us.
    do {
      core::Polled polled = membership_.poll(wait);
      if (polled.outcome == core::PollOutcome::kNothing) return;
      if (polled.outcome == core::PollOutcome::kOffsetLost) {
        note_offset_lost(polled.partition);
      } else if (grants_.contains(polled.message->partition())) {
        lost_.erase(polled.message->partition());
        buffers_.add(std::move(*polled.message));
        ++buffered;
      }
      wait = Duration{0};
    } while (buffered < options_.batch_limit && !membership_.revoked());
  }

  // ---- ownership --------------------------------------------------------------------------------

  std::set<std::int32_t> owned() const {
    const auto partitions = std::views::keys(grants_);
    return {partitions.begin(), partitions.end()};
  }

  void drop(const std::set<std::int32_t>& partitions) {
    if (partitions.empty()) return;
    handler_.dropped(partitions);
    for (const auto partition : partitions) {
      grants_.erase(partition);
      buffers_.clear(partition);
      lost_.erase(partition);
    }
  }

  void on_revocation() {
    ungranted_.clear();
    drop(owned());
    publisher_.reset();  // What was not sent, the next owner sends from the mark.
  }

  // Another owner was granted some of our partitions, or our picture of them is stale. Only those
  // are dropped; if Kafka still assigns them to us after a pause, we ask again.
  void on_fenced(const std::string& why) {
    metrics_.fenced.Increment();
    auto lost = store_.stale(grants_, session_);
    if (lost.empty()) lost = owned();
    logger_.warning("fenced", {{"reason", why}, {"partitions", lost}});
    drop(lost);
    for (const auto partition : lost) {
      if (membership_.assigned().contains(partition)) ungranted_.insert(partition);
    }
    grant_not_before_ = steady_clock::now() + jittered(milliseconds{400});
    assign_all();
  }

  void grant() {
    const std::set<std::int32_t> wanted = ungranted_;
    if (publisher_.broken() || grants_.empty()) publisher_.reset();
    std::pair<std::vector<Grant>, Time> granted;
    crash_.pass(CrashPlace::kBeforeGrant);
    try {
      granted = store_.grant(wanted, owner_, session_);
    } catch (const core::LockTimeout&) {
      core::PgSessionOptions login = owner_session(options_.role, {});
      login.application_name = "orderflow/grant";
      core::PgSession login_session(options_.database_url, login);
      store_.end_stopped_owners(wanted, login_session);
      throw;
    }
    crash_.pass(CrashPlace::kAfterGrant);
    clock_.observe(granted.second);
    // After the grant, as a later change would fence it.
    if (store_.layout(session_).partition_count != owned_.partition_count) return begin_anew();
    Grants fresh;
    for (const Grant& one : granted.first) {
      fresh[one.partition] = one;
      grants_[one.partition] = one;
      buffers_.clear(one.partition);
      publisher_.begin(one.partition, one.published_mark);
    }
    ungranted_.clear();
    metrics_.grants.Increment(static_cast<double>(fresh.size()));
    // Beyond the mark nothing is known to have been published; that comes before any message.
    const auto unpublished = handler_.granted(fresh, grants_, owned_.partition_count, session_);
    crash_.pass(CrashPlace::kBeforeRepublish);
    publisher_.publish(unpublished, kPublishPatience);
    assign_all();
    pause_.succeeded();
    logger_.info("partitions granted", {{"partitions", owned()}, {"owner", owner_}});
  }

  // Where to go on reading each owned partition: behind what is buffered; at the log's beginning
  // while the stored offset is known to mean nothing.
  void assign_all() {
    newly_lost_ = false;
    std::vector<core::PartitionOffset> positions;
    // While owners pause nothing is read: a backlog would only be held in memory.
    for (const auto& [partition, grant] : grants_) {
      if (paused_) break;
      const auto stored = lost_.contains(partition) ? RD_KAFKA_OFFSET_BEGINNING : grant.next_offset;
      positions.push_back({partition, buffers_.next_offset(partition).value_or(stored)});
    }
    membership_.assign(positions);
  }

  // The broker forgot what we had read, or never had it: begin again with what it has. Whatever was
  // lost comes back by timers; this is a hint only.
  void note_offset_lost(std::int32_t partition) {
    if (!grants_.contains(partition)) return;
    metrics_.offsets_lost.Increment();
    logger_.warning("the broker has forgotten the stored offset; reading from the beginning",
                    {{"topic", options_.topic}, {"partition", partition}});
    buffers_.clear(partition);
    lost_.insert(partition);
    newly_lost_ = true;
  }

  // ---- batches ----------------------------------------------------------------------------------

  void work() {
    backlog_.look(buffers_.ages(core::process_now()), steady_clock::now());
    if (paused_) {
      if (steady_clock::now() >= next_tick_) tick();
      return;
    }
    const auto batch = buffers_.ready(options_.batch_limit);
    const bool due = handler_.next_due() <= clock_.now();
    if (!batch.empty() || due) {
      const auto began = steady_clock::now();
      measure();
      settlement_.process(batch, due);
      metrics_.batch(steady_clock::now() - began, batch.size());
      if (!batch.empty()) pace_.handled(batch.size());
    }
    if (steady_clock::now() >= next_tick_) tick();
  }

  // Once a second, so whatever stays wrong costs at most one new client a second.
  void check_membership() {
    if (steady_clock::now() < next_membership_check_) return;
    next_membership_check_ = steady_clock::now() + kTickInterval;
    const char* why = membership_.why_useless();
    if (why == nullptr) return;
    metrics_.offsets_lost.Increment();
    logger_.warning("beginning anew", {{"reason", why}, {"topic", options_.topic}});
    begin_anew();
  }

  // `orderflow repartition` asks for silence, then changes the partition count; clients made before
  // know the topic as it was.
  void check_layout() {
    next_layout_check_ = steady_clock::now() + kTickInterval;
    const auto layout = store_.layout(session_);
    if (std::exchange(paused_, layout.paused) != layout.paused) assign_all();
    if (layout.partition_count == owned_.partition_count) return;
    logger_.warning("the partition count has changed; beginning anew",
                    {{"before", owned_.partition_count}, {"now", layout.partition_count}});
    begin_anew();
  }

  void begin_anew() {
    drop(owned());
    ungranted_.clear();
    publisher_.reset();
    membership_.leave();
    start();
  }

  // Once a second: a heartbeat, the marks, how long messages wait.
  void tick() {
    next_tick_ = steady_clock::now() + kTickInterval;
    measure();
    settlement_.write_marks();
    if (++ticks_ % kTicksPerDeadLetterCount == 1) {
      metrics_.dead_letters.Set(static_cast<double>(store_.open_dead_letters(session_)));
    }
  }

  // What the next transaction tells the door: since when what comes now would have had to wait.
  void measure() {
    const std::int64_t lag = membership_.unhandled(grants_);
    metrics_.waiting(lag, backlog_.oldest());
    const Time now = clock_.now();
    const Duration wait =
        std::max(backlog_.expected_wait(lag, steady_clock::now()), handler_.oldest_ready(now));
    owned_.oldest_ready_at = wait > Duration{0} ? std::optional(now - wait) : std::nullopt;
  }

  OwnerLoopOptions options_;
  core::CrashSite crash_;
  PartitionHandler& handler_;
  core::DatabaseClock& clock_;
  core::Logger& logger_;
  std::atomic<bool>& stop_;
  PartitionStore store_;
  core::PgSession session_;
  Membership membership_;
  producers::Publisher publisher_;
  std::string owner_;
  PartitionBuffers buffers_;
  core::BatchPace pace_;
  LoopMetrics metrics_;
  Owned owned_;
  Backlog backlog_;
  Settlement settlement_;

  std::set<std::int32_t> ungranted_;  // Assigned by Kafka, yet to be granted by the database.
  SteadyTime grant_not_before_{};
  RestartPause pause_;
  Grants& grants_ = owned_.grants;
  std::set<std::int32_t> lost_;  // The broker has nothing at their stored offsets.
  bool newly_lost_ = false;
  SteadyTime next_membership_check_{};
  SteadyTime next_tick_{}, next_layout_check_{};
  bool paused_ = false;
  std::uint64_t ticks_ = 0;
};

OwnerLoop::OwnerLoop(OwnerLoopOptions options, PartitionHandler& handler,
                     core::DatabaseClock& clock, core::Logger& logger, core::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), handler, clock, logger, metrics, stop_)) {}

OwnerLoop::~OwnerLoop() = default;

void OwnerLoop::run() { impl_->run(); }

}  // namespace orderflow::consumers
