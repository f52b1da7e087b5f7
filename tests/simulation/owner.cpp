#include "tests/simulation/owner.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "events/roles.hpp"

namespace orderflow::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// As in consumers/runtime/owner_loop.cpp.
constexpr Duration kTickInterval = seconds{1};
constexpr Duration kStuckAfter = seconds{1};
constexpr Duration kLongestBackoff = seconds{2};
constexpr Duration kLongestWait = milliseconds{100};
constexpr Duration kFencedPause = milliseconds{400};
constexpr std::size_t kBatchLimit = 100;
// As in producers/publisher.cpp, but that a world does not last that long.
constexpr Duration kOneByOne = seconds{10};

static_assert(events::kOwners.size() == kRoles);

}  // namespace

Owner::Owner(Context& context, Database& database, Broker& broker, Role role, int number,
             std::function<std::unique_ptr<Handler>()> make_handler)
    : context_(context),
      database_(database),
      broker_(broker),
      role_(role),
      name_(std::string(events::kOwners.at(static_cast<std::size_t>(role)).name) + " " +
            std::to_string(number)),
      make_handler_(std::move(make_handler)),
      keyed_sends_([this](const producers::KeyedSends::Message& one, core::Refusal&) {
        const auto next = keyed_.extract(one.message.body);
        broker_.send(producer_, next.mapped().message, one.tag, next.mapped().delay);
        return core::Sent::kYes;
      }) {
  if (!context_.faults.strike(Fault::kClockSkewed)) return;
  clock_rate_ = 0.98 + context_.random.unit() * 0.04;
  clock_skew_ = context_.random.between(-std::chrono::minutes{10}, std::chrono::minutes{10});
}

// ---- life and death -----------------------------------------------------------------------------

void Owner::start() {
  up_ = true;
  handler_ = make_handler_();
  producer_ = nullptr;
  reset_producer();
  trace("starts");
  on_start(*this);
}

void Owner::crash(const char* where) {
  trace(std::string("dies ") + where);
  broker_.close(producer_);
  up_ = false;
  ++life_;
  handler_.reset();
  stopped_until_ = {};
  broken_ = busy_ = false;
  news_.reset();
  step_at_ = Time::max();
  one_by_one_until_ = {};
  to_send_.clear();
  in_flight_.reset();
  assigned_.clear();
  ungranted_.clear();
  grant_not_before_ = timers_late_until_ = next_tick_ = {};
  backoff_ = clock_offset_ = Duration{0};
  grants_.clear();
  buffers_.clear();
  positions_.clear();
  on_dead(*this, context_.random.between(milliseconds{100}, seconds{4}));
}

void Owner::stop_for(Duration pause) {
  trace("is stopped for " + std::to_string(pause.count() / 1000) + " ms");
  stopped_until_ = context_.now() + pause;
  on_dead(*this, pause);
}

// The moments between two effects: here a process may die (true) or be stopped.
bool Owner::dies(const char* where) {
  if (context_.faults.strike(Fault::kCrash)) {
    crash(where);
    return true;
  }
  if (context_.faults.strike(Fault::kZombie)) {
    trace(std::string("will go on ") + where);
    stop_for(context_.random.between(milliseconds{200}, seconds{15}));
  }
  return false;
}

void Owner::at(Time when, std::function<void()> step) {
  context_.timeline.at(when, [this, life = life_, step = std::move(step)] {
    if (life != life_) return;
    stopped() ? at(stopped_until_, step) : step();
  });
}

void Owner::later(Duration delay, std::function<void()> step) {
  at(context_.now() + delay, std::move(step));
}

Duration Owner::steady() const {
  const auto since = context_.now().time_since_epoch();
  if (clock_rate_ == 1) return since;
  return Duration{static_cast<std::int64_t>(static_cast<double>(since.count()) * clock_rate_)};
}

Time Owner::clock() const {
  if (context_.defect == Defect::kTrustProcessClock) return context_.now() + clock_skew_;
  return Time{steady() + clock_offset_};
}

void Owner::reset_producer() {
  if (producer_) broker_.close(producer_);
  marks_.clear();
  broken_ = false;
  reports_.clear();
  keyed_sends_.clear();
  keyed_.clear();
  one_by_one_ = context_.now() < one_by_one_until_;
  const auto report = [this](std::uint64_t tag, SendResult result, const MessagePtr& message) {
    if (one_by_one_) {
      reports_.push_back({tag, result, message});
    } else {
      read_report({tag, result, message});
    }
    if (one_by_one_ || broken_) poke();
  };
  producer_ = broker_.producer(report, !one_by_one_);
}

// What has been given up is settled before more is told of it.
void Owner::read_reports() {
  while (!reports_.empty()) {
    const Report report = std::move(reports_.front());
    reports_.pop_front();
    read_report(report);
  }
}

void Owner::read_report(const Report& report) {
  const std::string topic = std::to_string(static_cast<int>(report.message->topic));
  const std::string key = std::to_string(report.message->order);
  if (report.result == SendResult::kStored) {
    marks_.acknowledged(report.tag);
    if (one_by_one_) keyed_sends_.stored(topic, key);
    return;
  }
  if (report.result == SendResult::kRefused) one_by_one_until_ = context_.now() + kOneByOne;
  if (report.result == SendResult::kFailed || !one_by_one_) {
    broken_ = true;
    return;
  }
  producers::Refused refused;
  refused.subject = key;
  refused.sequence = std::get<events::OrderEvent>(report.message->body).sequence;
  refused.owner_partition = report.message->partition;
  refused.tags = {report.tag};
  keyed_sends_.refused(topic, key, std::move(refused));
}

// ---- the group ----------------------------------------------------------------------------------

void Owner::assigned(std::set<std::int32_t> partitions) {
  news_ = std::move(partitions);
  poke();
}

void Owner::revoked() {
  news_ = std::set<std::int32_t>{};
  poke();
}

// A process hears of its group when it polls, so never in the middle of a grant or a batch.
void Owner::hear_of_group() {
  if (!news_) return;
  assigned_ = ungranted_ = *std::exchange(news_, std::nullopt);
  grant_not_before_ = {};
  trace("has its partitions revoked");
  drop(owned());
  reset_producer();
}

std::set<std::int32_t> Owner::owned() const {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : grants_) partitions.insert(partition);
  return partitions;
}

void Owner::drop(const std::set<std::int32_t>& partitions) {
  if (partitions.empty()) return;
  handler_->dropped(partitions);
  for (const auto partition : partitions) {
    grants_.erase(partition);
    buffers_.erase(partition);
    positions_.erase(partition);
  }
}

void Owner::recover(const char* why) {
  trace(std::string("starts over from the database: ") + why);
  handler_->discarded();
  in_flight_.reset();
  to_send_.clear();
  busy_ = false;
  drop(owned());
  if (broken_ && context_.defect != Defect::kKeepBrokenProducer) reset_producer();
  ungranted_ = assigned_;
  backoff_ = std::min(std::max<Duration>(backoff_ * 2, milliseconds{50}), kLongestBackoff);
  grant_not_before_ = context_.now() + context_.random.between(backoff_ / 2, backoff_ * 3 / 2);
  step_by(std::max(grant_not_before_, context_.now() + kLongestWait));
}

void Owner::fenced() {
  handler_->discarded();
  in_flight_.reset();
  busy_ = false;
  std::set<std::int32_t> lost;
  for (const auto& [partition, grant] : grants_) {
    const PartitionRow& row = database_.partitions(role_).row(partition);
    if (row.epoch != grant.epoch || row.next_offset != grant.next_offset) lost.insert(partition);
  }
  if (lost.empty()) lost = owned();
  trace("is fenced");
  drop(lost);
  for (const auto partition : lost) {
    if (assigned_.contains(partition)) ungranted_.insert(partition);
  }
  grant_not_before_ =
      context_.now() + context_.random.between(kFencedPause / 2, kFencedPause * 3 / 2);
  poke();
}

void Owner::ask_for_grant() {
  if (broken_ || grants_.empty()) reset_producer();
  busy_ = true;
  if (dies("before a grant")) return;
  if (context_.defect == Defect::kReadBeforeGrant) {
    Grants before;
    for (const auto partition : ungranted_) {
      const PartitionRow& row = database_.partitions(role_).row(partition);
      before[partition] = {partition, row.epoch + 1, row.next_offset, row.batch_no,
                           row.published_mark};
    }
    read_too_early_ = handler_->granted(before, before);
  }
  later(context_.database_latency(), [this, wanted = ungranted_] { grant_arrives(wanted); });
}

void Owner::grant_arrives(const std::set<std::int32_t>& wanted) {
  if (context_.now() < context_.database_down_until) return recover("the database is down");
  Grants fresh;
  for (const auto partition : wanted) {
    const PartitionRow row = database_.partitions(role_).grant(partition);
    fresh[partition] = {partition, row.epoch, row.next_offset, row.batch_no, row.published_mark};
  }
  if (dies("after a grant")) return;
  Duration delay = context_.database_latency();
  if (context_.faults.strike(Fault::kAnswerLost)) {
    return later(delay, [this] { recover("the answer of a grant was lost"); });
  }
  if (context_.faults.strike(Fault::kGrantStalls)) {
    delay = context_.random.between(seconds{1}, seconds{8});
  }
  later(delay, [this, fresh, time = context_.database_now()] { grant_answered(fresh, time); });
}

void Owner::grant_answered(const Grants& fresh, Time database_time) {
  observed(database_time);
  for (const auto& [partition, grant] : fresh) {
    grants_[partition] = grant;
    buffers_.erase(partition);
    positions_[partition] = grant.next_offset;
    marks_.begin(partition, grant.published_mark);
  }
  ungranted_.clear();
  backoff_ = Duration{0};
  auto outgoing = context_.defect == Defect::kReadBeforeGrant ? std::exchange(read_too_early_, {})
                                                              : handler_->granted(fresh, grants_);
  trace("is granted " + std::to_string(fresh.size()) + " partitions, publishes " +
        std::to_string(outgoing.size()) + " messages again");
  hand_over(std::move(outgoing));
  publish();
}

// ---- one turn -----------------------------------------------------------------------------------

void Owner::poke() {
  if (up_ && !busy_) step_by(context_.now() + Duration{100});
}

void Owner::step_by(Time when) {
  if (step_at_ <= when) return;
  step_at_ = when;
  at(when, [this, when] {
    if (step_at_ != when) return;
    step_at_ = Time::max();
    if (!busy_) step();
  });
}

void Owner::step() {
  read_reports();
  hear_of_group();
  fill();
  if (broken_) return recover("messages were not stored by the broker");
  if (!ungranted_.empty() && context_.now() >= grant_not_before_) return ask_for_grant();
  if (grants_.empty()) {
    if (!ungranted_.empty()) step_by(grant_not_before_);
    return;
  }
  work();
}

void Owner::fill() {
  for (const auto& [partition, grant] : grants_) {
    auto& buffer = buffers_[partition];
    std::int64_t& position = positions_[partition];
    Buffered next{};
    while (buffer.size() < kBatchLimit) {
      next.offset = position;
      const auto read = broker_.read(topic_of(role_), partition, position, next.stored);
      if (read == Broker::Read::kNothing) break;
      if (read == Broker::Read::kMessage) {
        buffer.push_back(next);
      } else {
        buffer.clear();
        position = broker_.beginning(topic_of(role_), partition);
      }
    }
  }
}

void Owner::work() {
  if (auto refused = keyed_sends_.refusals(); !refused.empty()) return give_up(std::move(refused));
  if (context_.now() >= next_tick_) return tick();
  const bool messages = std::any_of(buffers_.begin(), buffers_.end(),
                                    [](const auto& buffer) { return !buffer.second.empty(); });
  bool due = handler_->next_due() <= clock() && context_.now() >= timers_late_until_;
  if (due && context_.faults.strike(Fault::kTimerLate)) {
    timers_late_until_ = context_.now() + context_.random.between(milliseconds{100}, seconds{3});
    due = false;
  }
  if (messages || due) return begin_batch();
  wait_for_more();
}

void Owner::wait_for_more() {
  Time wake = next_tick_;
  if (!ungranted_.empty()) wake = std::min(wake, grant_not_before_);
  const Time due = handler_->next_due();
  if (due != Time::max()) {
    const Time timer = context_.now() + std::max(due - clock(), Duration{100});
    wake = std::min(wake, std::max(timer, timers_late_until_));
  }
  step_by(std::max(wake, context_.now() + Duration{100}));
}

Advance Owner::advance_from(const Grant& grant, std::int64_t batch_no) const {
  const std::int64_t acknowledged = context_.defect == Defect::kMarkBeforeAcknowledgement
                                        ? grant.batch_no
                                        : marks_.mark(grant.partition);
  return {grant.partition,   grant.epoch, grant.next_offset,
          grant.next_offset, batch_no,    std::max(grant.published_mark, acknowledged)};
}

void Owner::tick() {
  next_tick_ = context_.now() + kTickInterval;
  in_flight_ = InFlight();
  in_flight_->tick = true;
  in_flight_->plan.transaction.role = role_;
  for (const auto& [partition, grant] : grants_) {
    in_flight_->plan.transaction.advances.push_back(advance_from(grant, grant.batch_no));
  }
  submit();
}

void Owner::begin_batch() {
  in_flight_ = InFlight();
  std::vector<MessagePtr> messages;
  std::map<std::int32_t, std::int64_t> next_offsets;
  for (const auto& [partition, buffer] : buffers_) {
    for (const auto& buffered : buffer) {
      if (messages.size() >= kBatchLimit) break;
      messages.push_back(buffered.stored.message);
      ++in_flight_->handled[partition];
      next_offsets[partition] = buffered.offset + 1;
      if (context_.trace.wants(buffered.stored.message->order)) {
        trace("takes " + describe(*buffered.stored.message));
      }
    }
  }
  std::set<std::int32_t> stuck;
  for (const auto& [partition, grant] : grants_) {
    if (marks_.oldest_unacknowledged(partition, steady_time()) > kStuckAfter) {
      stuck.insert(partition);
    }
  }
  consumers::Backlog::Ages behind;
  for (const auto& [partition, buffer] : buffers_) {
    if (!buffer.empty()) behind[partition] = context_.now() - buffer.front().stored.at;
  }
  in_flight_->plan = handler_->decide({messages, clock(), grants_, stuck, behind});
  in_flight_->plan.transaction.has_messages = !messages.empty();
  add_advances(next_offsets);
}

void Owner::give_up(std::vector<producers::Refused> refused) {
  in_flight_ = InFlight();
  in_flight_->plan = handler_->refused({{}, clock(), grants_, {}, {}}, refused);
  in_flight_->refused = std::move(refused);
  trace("gives up " + std::to_string(in_flight_->refused.size()) + " refused events");
  add_advances({});
}

void Owner::add_advances(const std::map<std::int32_t, std::int64_t>& next_offsets) {
  Transaction& transaction = in_flight_->plan.transaction;
  transaction.role = role_;
  auto touched = in_flight_->plan.touched;
  for (const auto& [partition, offset] : next_offsets) touched.insert(partition);
  for (const auto partition : touched) {
    const Grant& grant = grants_.at(partition);
    transaction.advances.push_back(advance_from(grant, grant.batch_no + 1));
    const auto offset = next_offsets.find(partition);
    if (offset != next_offsets.end()) transaction.advances.back().next_offset = offset->second;
  }
  busy_ = true;
  if (transaction.advances.empty()) return conclude();
  submit();
}

// ---- traces -------------------------------------------------------------------------------------

void Owner::trace(const std::string& what) const {
  const auto number = static_cast<std::size_t>(context_.trace.watched());
  if (!context_.trace.on() || number >= database_.orders().size()) return;
  const auto& watched = database_.orders()[number];
  const auto partition = role_ == Role::kPayments ? watched.account_partition : watched.partition;
  if (!up_ || grants_.empty() || owns(partition) || assigned_.contains(partition)) {
    context_.trace.add(context_.now(), name_, what);
  }
}

void Owner::trace_messages(const char* what) const {
  for (const auto& one : in_flight_->plan.outgoing) {
    if (!context_.trace.wants(one.message->order)) continue;
    context_.trace.add(context_.now(), name_,
                       std::string(what) + ", to send: " + describe(*one.message));
  }
}

}  // namespace orderflow::simulation
