#include "consumers/runtime/owner_loop.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "consumers/runtime/batch_processor.hpp"
#include "consumers/runtime/installation_guard.hpp"
#include "consumers/runtime/locked_partitions.hpp"
#include "consumers/runtime/loop_metrics.hpp"
#include "consumers/runtime/membership.hpp"
#include "consumers/runtime/owned_partitions.hpp"
#include "consumers/runtime/owner_database.hpp"
#include "consumers/runtime/progress_health.hpp"
#include "consumers/runtime/reading_health.hpp"
#include "consumers/runtime/restart_backoff.hpp"
#include "core/async/batch_pace.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/codec.hpp"
#include "events/installations.hpp"

namespace orderflow::consumers {

using core::CrashPlace;
using core::Duration;
using core::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr Duration kHeartbeatInterval = seconds{1};
constexpr Duration kPollWaitMax = milliseconds{100};
constexpr Duration kShutdownFlush = seconds{3};
constexpr int kHeartbeatsPerDeadLetterCount = 5;

}  // namespace

class OwnerLoop::Impl {
 public:
  Impl(OwnerLoopOptions options, PartitionHandler& handler, core::DatabaseClock& clock,
       core::Logger& logger, core::Metrics& metrics, core::Health& health, std::atomic<bool>& stop)
      : options_(std::move(options)),
        crash_(options_.role),
        handler_(handler),
        logger_(logger),
        stop_(stop),
        metrics_(metrics, options_.role, options_.topic),
        database_({options_.database_url, options_.role, options_.schema, options_.database_role,
                   options_.topic},
                  crash_, clock),
        membership_(options_.kafka, options_.topic, options_.group, crash_, logger),
        publisher_(options_.kafka, logger, metrics, health),
        partitions_(options_.ready_delay),
        guard_(options_.role, options_.topic, health, logger, metrics),
        locked_(options_.role, health, logger, metrics),
        reading_(options_.role, health, logger),
        progress_(options_.role, health),
        batches_(handler, database_, publisher_, partitions_, guard_, crash_, logger) {}

  void run() {
    while (!stop_) {
      try {
        join();
        while (!stop_) run_once();
      } catch (const core::LockTimeout& failure) {
        start_over(failure.what() + by_whom());
      } catch (const core::Unavailable& failure) {
        start_over(failure.what());
      }
    }
    shut_down();
  }

 private:
  // ---- start, stop, failure ---------------------------------------------------------------------

  void join() {
    if (membership_.exists()) return;
    const auto layout = database_.layout();
    if (layout.partition_count == 0 || layout.installation.empty()) {
      throw core::Unavailable(events::kNoInstallation);
    }
    partitions_.set_partition_count(layout.partition_count);
    guard_.set_installation(layout.installation);
    publisher_.stamp(events::kInstallationHeader, layout.installation);
    const std::string other = membership_.join(layout.installation);
    guard_.group_shared_with(other);
    if (!other.empty()) {
      throw core::Unavailable("the consumer group " + options_.group +
                              " has members of the installation " + other +
                              "; set ORDERFLOW_TOPIC_PREFIX to a name of this one's own");
    }
  }

  [[nodiscard]] std::string by_whom() {
    try {
      return "; the lock is that of " + database_.lock_holder();
    } catch (const std::exception&) {
      return {};  // The failure that is being told of is the one that counts.
    }
  }

  // Everything in memory is void; the database is read again once it answers.
  void start_over(const std::string& why) {
    logger_.warning("starting over from the database", {{"reason", why}});
    progress_.failed(why, steady_clock::now());
    drop(partitions_.numbers());
    // What it had queued is published again from the marks; kept, it would fail every iteration.
    if (publisher_.broken()) publisher_.reset();
    ungranted_ = membership_.assigned();
    locked_.forget_all();
    const auto until = grant_not_before_ = backoff_.next_end();
    // Without a consumer there is nothing to poll; otherwise polling keeps the group membership.
    if (!membership_.exists()) {
      while (!stop_ && steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{20});
    }
  }

  // A new client, and nothing kept of what the old one knew.
  void rejoin() {
    drop(partitions_.numbers());
    ungranted_.clear();
    locked_.forget_all();
    publisher_.reset();
    membership_.leave();
    join();
  }

  void shut_down() {
    try {
      publisher_.flush(kShutdownFlush);
      crash_.pass(CrashPlace::kInShutdown);
      if (!partitions_.empty()) heartbeat();
    } catch (const std::exception& failure) {
      logger_.warning("the last published marks were not stored", {{"reason", failure.what()}});
    }
    drop(partitions_.numbers());  // A consumer ends only when its last message is gone.
    membership_.leave();
    logger_.info("stopped");
  }

  // ---- one iteration ----------------------------------------------------------------------------

  void run_once() {
    fill(poll_wait());
    if (offset_newly_lost_) assign_all();
    check_membership();
    if (membership_.take_revocation()) on_revocation();
    if (membership_.take_assignment()) {
      ungranted_ = membership_.assigned();
      locked_.forget_all();
      reading_.is_member();
      grant_not_before_ = {};
    }
    ungranted_.merge(locked_.take_rested(steady_clock::now()));
    if (steady_clock::now() >= next_layout_check_) check_layout();
    publisher_.poll(Duration{0});
    if (publisher_.broken()) throw core::Unavailable(publisher_.why());
    if (!ungranted_.empty() && steady_clock::now() >= grant_not_before_) grant();
    if (partitions_.empty()) return;
    try {
      work();
    } catch (const core::Fenced& fenced) {
      on_fenced(fenced.what());
    } catch (const core::Conflict& conflict) {
      // Nothing happened and the messages are still buffered: they are prepared afresh.
      logger_.debug("a batch is repeated", {{"reason", conflict.what()}});
    }
  }

  Duration poll_wait() {
    if (partitions_.buffers().any_ready() && !paused_) return Duration{0};
    Duration wait = kPollWaitMax;
    if (paused_) return wait;
    if (!ungranted_.empty() || partitions_.empty()) return wait;
    const Time due = handler_.next_due();
    if (due != Time::max()) wait = std::min(wait, due - database_.now());
    if (options_.ready_delay > Duration{0}) wait = std::min<Duration>(wait, milliseconds{5});
    return std::max(wait, Duration{0});
  }

  void fill(Duration wait) {
    drain(wait);
    const auto& buffers = partitions_.buffers();
    if (buffers.size() == 0) return;
    const auto until = steady_clock::now() + pace_.window();
    while (buffers.size() < pace_.expected() && !membership_.revoked() &&
           steady_clock::now() < until) {
      std::this_thread::sleep_for(core::BatchPace::kStep);
      drain(Duration{0});
    }
  }

  void drain(Duration wait) {
    // A full buffer still polls once, so that the group knows we live and rebalances reach us.
    do {
      core::Polled polled = membership_.poll(wait);
      reading_.observe(polled);
      if (polled.outcome == core::PollOutcome::kNothing) return;
      if (polled.outcome == core::PollOutcome::kOffsetLost) {
        on_offset_lost(polled.partition);
      } else {
        partitions_.add(std::move(*polled.message));
      }
      wait = Duration{0};
    } while (partitions_.buffers().size() < options_.batch_limit && !membership_.revoked());
  }

  // ---- ownership --------------------------------------------------------------------------------

  void drop(const std::set<std::int32_t>& partitions) {
    if (partitions.empty()) return;
    handler_.dropped(partitions);
    partitions_.drop(partitions);
    if (partitions_.empty()) metrics_.owns_nothing();
  }

  void on_revocation() {
    ungranted_.clear();
    locked_.forget_all();
    drop(partitions_.numbers());
    publisher_.reset();  // What was not sent, the next owner sends from the mark.
  }

  // Another owner was granted some of our partitions, or our picture of them is stale. Only those
  // are dropped; if Kafka still assigns them to us after a pause, we ask again.
  void on_fenced(const std::string& why) {
    metrics_.fenced.Increment();
    auto lost = database_.stale(partitions_.grants());
    if (lost.empty()) lost = partitions_.numbers();
    logger_.warning("fenced", {{"reason", why}, {"partitions", lost}});
    drop(lost);
    for (const auto partition : lost) {
      if (membership_.assigned().contains(partition)) ungranted_.insert(partition);
    }
    grant_not_before_ = steady_clock::now() + jittered(milliseconds{400});
    assign_all();
  }

  void grant() {
    if (publisher_.broken() || partitions_.empty()) publisher_.reset();
    std::vector<Grant> granted;
    try {
      granted = database_.grant(ungranted_);
    } catch (const core::LockTimeout&) {
      if (partitions_.empty()) throw;
      return lay_down(std::exchange(ungranted_, {}));
    }
    // After the grant, as a later change would fence it.
    if (database_.layout().partition_count != partitions_.partition_count()) return rejoin();
    partitions_.take(granted);
    Grants fresh;
    for (const Grant& one : granted) {
      fresh[one.partition] = one;
      publisher_.begin(one.partition, one.published_mark);
    }
    ungranted_.clear();
    metrics_.grants.Increment(static_cast<double>(fresh.size()));
    // Beyond the mark nothing is known to have been published; that comes before any message.
    const auto unpublished = handler_.granted(fresh, partitions_.grants(),
                                              partitions_.partition_count(), database_.session());
    crash_.pass(CrashPlace::kBeforeRepublish);
    publisher_.publish(unpublished, kPublishTimeout);
    assign_all();
    logger_.info("partitions granted",
                 {{"partitions", partitions_.numbers()}, {"owner", database_.owner()}});
  }

  // Somebody else holds a row locked: each partition is tried alone, those that meet the lock are
  // laid down, the others go on. A lock that all of them meet is waited for.
  void lay_down_locked(const std::string& why) {
    const auto owned = partitions_.numbers();
    std::set<std::int32_t> locked;
    for (const auto partition : owned) {
      try {
        batches_.write_marks({*partitions_.grants().find(partition)});
        if (paused_) continue;
        batches_.process_alone(partition,
                               partitions_.buffers().ready_of(partition, options_.batch_limit),
                               handler_.next_due() <= database_.now());
      } catch (const core::LockTimeout&) {
        locked.insert(partition);
      }
    }
    if (locked == owned) throw core::LockTimeout(why);
    if (!locked.empty()) lay_down(locked);
  }

  void lay_down(const std::set<std::int32_t>& locked) {
    locked_.lay_down(locked, database_.lock_holder(), steady_clock::now());
    drop(locked);
    assign_all();
  }

  // While owners pause nothing is read: a backlog would only be held in memory.
  void assign_all() {
    offset_newly_lost_ = false;
    membership_.assign(paused_ ? std::vector<core::PartitionOffset>{}
                               : partitions_.read_positions());
  }

  // The broker forgot what we had read, or never had it: begin again with what it has. Whatever was
  // lost comes back by timers; an offset only saves time.
  void on_offset_lost(std::int32_t partition) {
    if (!partitions_.owns(partition)) return;
    metrics_.offsets_lost.Increment();
    logger_.warning("the broker has forgotten the stored offset; reading from the beginning",
                    {{"topic", options_.topic}, {"partition", partition}});
    partitions_.lose_offset(partition);
    offset_newly_lost_ = true;
  }

  // Once a second, so whatever stays wrong costs at most one new client a second.
  void check_membership() {
    if (steady_clock::now() < next_membership_check_) return;
    next_membership_check_ = steady_clock::now() + kHeartbeatInterval;
    const char* why = membership_.replacement_reason();
    if (why == nullptr) return;
    logger_.warning("the Kafka client is replaced", {{"reason", why}, {"topic", options_.topic}});
    reading_.is_no_member("the consumer group " + options_.group + ", topic " + options_.topic +
                              ": " + membership_.explained(why),
                          steady_clock::now());
    rejoin();
  }

  // `orderflow repartition` asks owners to pause, then changes the partition count; clients made
  // before know the topic as it was.
  void check_layout() {
    next_layout_check_ = steady_clock::now() + kHeartbeatInterval;
    const auto layout = database_.layout();
    if (std::exchange(paused_, layout.paused) != layout.paused) assign_all();
    guard_.tick(steady_clock::now());
    locked_.tick(steady_clock::now());
    const auto before = partitions_.partition_count();
    if (layout.partition_count == before && layout.installation == guard_.installation()) return;
    logger_.warning("the partition count or the database has changed; the Kafka client is replaced",
                    {{"before", before}, {"now", layout.partition_count}});
    rejoin();
  }

  // ---- batches ----------------------------------------------------------------------------------

  void work() {
    try {
      work_together();
    } catch (const core::LockTimeout& timeout) {
      lay_down_locked(timeout.what());
    }
  }

  void work_together() {
    if (const auto refused = publisher_.refusals(); !refused.empty()) batches_.give_up(refused);
    const auto now = steady_clock::now();
    for (const auto& [partition, grant] : partitions_.grants()) {
      partitions_.log_ends(partition, membership_.log_end(partition), now);
    }
    partitions_.observe_backlog(now);
    if (!paused_) handle(partitions_.buffers().ready(options_.batch_limit));
    if (steady_clock::now() >= next_heartbeat_) heartbeat();
  }

  void handle(const std::vector<const core::KafkaMessage*>& messages) {
    const bool due = handler_.next_due() <= database_.now();
    if (messages.empty() && !due) return;
    const auto began = steady_clock::now();
    measure();
    batches_.process(messages, due);
    metrics_.batch(steady_clock::now() - began, messages.size());
    if (messages.empty()) return;
    pace_.handled(messages.size());
    progress_.has_done_a_batch();
  }

  // Once a second: that we live, the marks, how long messages wait.
  void heartbeat() {
    next_heartbeat_ = steady_clock::now() + kHeartbeatInterval;
    measure();
    batches_.write_marks(partitions_.grants());
    // A grant alone proves nothing: what failed may fail again with the first batch.
    backoff_.succeeded();
    progress_.lives(steady_clock::now());
    if (++heartbeats_ % kHeartbeatsPerDeadLetterCount == 1) count_dead_letters();
  }

  // A figure for people: whoever locks that table holds up no order by it.
  void count_dead_letters() {
    try {
      metrics_.dead_letters.Set(static_cast<double>(database_.open_dead_letters()));
    } catch (const core::LockTimeout& timeout) {
      logger_.warning("the dead letters were not counted", {{"reason", timeout.what()}});
    }
  }

  // What the next transaction tells the API's admission.
  void measure() {
    auto& backlog = partitions_.backlog();
    const std::int64_t lag = partitions_.unhandled();
    metrics_.waiting(lag, backlog.oldest());
    const Time now = database_.now();
    const Duration wait =
        std::max(backlog.expected_wait(lag, steady_clock::now()), handler_.oldest_ready(now));
    partitions_.set_oldest_ready_at(wait > Duration{0} ? std::optional(now - wait) : std::nullopt);
  }

  OwnerLoopOptions options_;
  core::CrashSite crash_;
  PartitionHandler& handler_;
  core::Logger& logger_;
  std::atomic<bool>& stop_;
  LoopMetrics metrics_;
  OwnerDatabase database_;
  Membership membership_;
  producers::Publisher publisher_;
  OwnedPartitions partitions_;
  InstallationGuard guard_;
  LockedPartitions locked_;
  ReadingHealth reading_;
  ProgressHealth progress_;
  BatchProcessor batches_;

  std::set<std::int32_t> ungranted_;  // Assigned by Kafka, yet to be granted by the database.
  SteadyTime grant_not_before_{};
  RestartBackoff backoff_;
  core::BatchPace pace_;
  bool offset_newly_lost_ = false;
  bool paused_ = false;  // By `orderflow repartition`.
  SteadyTime next_membership_check_{};
  SteadyTime next_layout_check_{};
  SteadyTime next_heartbeat_{};
  std::uint64_t heartbeats_ = 0;
};

OwnerLoop::OwnerLoop(OwnerLoopOptions options, PartitionHandler& handler,
                     core::DatabaseClock& clock, core::Logger& logger, core::Metrics& metrics,
                     core::Health& health)
    : impl_(std::make_unique<Impl>(std::move(options), handler, clock, logger, metrics, health,
                                   stop_)) {}

OwnerLoop::~OwnerLoop() = default;

void OwnerLoop::run() { impl_->run(); }

}  // namespace orderflow::consumers
