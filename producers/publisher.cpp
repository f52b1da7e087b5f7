#include "producers/publisher.hpp"

#include <utility>

#include "core/values/failure.hpp"
#include "core/values/number.hpp"

namespace orderflow::producers {

using core::Duration;
using core::KafkaProducer;
using core::RefusalMode;
using core::Sent;
using core::SteadyTime;
using std::chrono::steady_clock;

namespace {

// A topic that has refused something is sent single messages for so long.
constexpr auto kOneByOne = std::chrono::minutes{10};
// Longer than what was refused waits until it is tried again.
constexpr auto kRefusalShown = std::chrono::minutes{2};
// Longer than a broker takes to come back from a restart.
constexpr auto kUnacknowledgedShown = std::chrono::seconds{15};
constexpr std::size_t kWaitingMax = 20'000;
constexpr const char* kTimestampError = "INVALID_TIMESTAMP";

}  // namespace

Publisher::Publisher(core::KafkaOptions options, core::Logger& logger, core::Metrics& metrics,
                     core::Health& health)
    : options_(std::move(options)),
      logger_(logger),
      metrics_(metrics),
      health_(health),
      crash_(logger.role()),
      component_(logger.role() + " publishing"),
      oldest_seconds_(metrics.gauge("publish_oldest_seconds",
                                    "Age of the oldest message not acknowledged by the broker.",
                                    {{"role", logger.role()}})),
      one_by_one_([this](const KeyedSends::Message& one, core::Refusal& why) {
        const Sent sent = producer_->send(one.message, one.tag, timestamp_for(one.message.topic));
        if (sent == Sent::kRefused) tell(why = producer_->refusal());
        return sent;
      }) {
  health_.set(component_, true);
  start();
}

Publisher::~Publisher() = default;

void Publisher::start() {
  broken_ = false;
  mode_ = steady_clock::now() < one_by_one_until_ ? RefusalMode::kReport : RefusalMode::kStop;
  producer_ = std::make_unique<KafkaProducer>(
      options_, logger_, [this](const core::SendReport& report) { on_report(report); }, mode_);
  producer_->stamp(stamp_.first, stamp_.second);
}

void Publisher::stamp(const std::string& name, const std::string& value) {
  stamp_ = {name, value};
  producer_->stamp(name, value);
}

void Publisher::reset() {
  producer_->poll(Duration{0});  // Reports that say why it is broken.
  if (producer_->stopped_by_refusal()) one_by_one_until_ = steady_clock::now() + kOneByOne;
  producer_.reset();
  marks_.clear();
  one_by_one_.clear();
  start();
}

void Publisher::begin(std::int32_t partition, std::int64_t mark) { marks_.begin(partition, mark); }

void Publisher::on_report(const core::SendReport& report) {
  if (report.stored()) {
    crash_.pass(core::CrashPlace::kInAck);
    marks_.acknowledged(report.tag());
    if (mode_ == RefusalMode::kReport) one_by_one_.stored(report.topic(), report.key());
  } else if (const auto refusal = report.refusal()) {
    on_refusal(report, *refusal);
  } else {
    broken_ = true;
  }
}

// Whether a batch or one message of it was refused is known only of a batch of one.
void Publisher::on_refusal(const core::SendReport& report, const core::Refusal& refusal) {
  tell(refusal);
  const bool first_of_clock =
      refusal.error == kTimestampError && without_timestamp_.insert(report.topic()).second;
  if (first_of_clock || mode_ == RefusalMode::kStop) {
    if (!first_of_clock) one_by_one_until_ = steady_clock::now() + kOneByOne;
    broken_ = true;
    return;
  }
  one_by_one_until_ = steady_clock::now() + kOneByOne;
  Refused refused;
  refused.why = refusal;
  refused.subject = report.header("ce_subject");
  refused.sequence = core::parse_number<std::int64_t>(report.header("ce_sequence")).value_or(0);
  refused.owner_partition = PublishMarks::partition_of(report.tag());
  refused.tags = {report.tag()};
  one_by_one_.refused(report.topic(), report.key(), std::move(refused));
}

// Once in the log, then counted.
void Publisher::tell(const core::Refusal& refusal) {
  metrics_
      .counter("messages_refused_total",
               "Messages that Kafka refuses for good, each time they are sent.",
               {{"role", logger_.role()}, {"topic", refusal.topic}, {"error", refusal.error}})
      .Increment();
  last_refusal_ = refusal;
  refused_at_ = steady_clock::now();
  health_.set(component_, !unacknowledged_shown_, refusal.text());
  if (!told_.insert({refusal.topic, refusal.error}).second) return;
  logger_.error("Kafka refuses a message for good", {{"topic", refusal.topic},
                                                     {"partition", refusal.partition},
                                                     {"error", refusal.error},
                                                     {"detail", refusal.detail},
                                                     {"remedy", refusal.remedy}});
}

core::KafkaProducer::Timestamp Publisher::timestamp_for(const std::string& topic) const {
  return without_timestamp_.contains(topic) ? KafkaProducer::Timestamp::kNone
                                            : KafkaProducer::Timestamp::kNow;
}

std::string Publisher::why() const {
  const std::string what = "messages were not stored by Kafka";
  return last_refusal_ ? what + ": " + last_refusal_->text() : what;
}

void Publisher::publish(const std::vector<Outgoing>& messages, Duration timeout) {
  const auto now = steady_clock::now();
  const auto deadline = now + timeout;
  std::vector<std::uint64_t> tags;
  tags.reserve(messages.size());
  for (const Outgoing& outgoing : messages) {
    tags.push_back(marks_.expect(outgoing.owner_partition, outgoing.batch_no, now));
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i > 0) crash_.pass(core::CrashPlace::kBetweenSends);
    if (mode_ == RefusalMode::kReport) {
      send_in_turn(messages[i], tags[i], timeout);
    } else {
      send_now(messages[i], tags[i], deadline);
    }
  }
  producer_->poll(Duration{0});
}

void Publisher::send_now(const Outgoing& outgoing, std::uint64_t tag, SteadyTime deadline) {
  const core::OutgoingMessage& message = outgoing.message;
  while (true) {
    switch (producer_->send(message, tag, timestamp_for(message.topic))) {
      case Sent::kYes: return;
      case Sent::kQueueFull: await_room(deadline); break;
      case Sent::kRefused:
        tell(producer_->refusal());
        one_by_one_until_ = steady_clock::now() + kOneByOne;
        broken_ = true;
        throw core::Unavailable(why());
    }
  }
}

// Each message has the whole time, since one that gets room shows that others were stored.
void Publisher::send_in_turn(const Outgoing& outgoing, std::uint64_t tag, Duration timeout) {
  if (one_by_one_.waiting() >= kWaitingMax) {
    const auto deadline = steady_clock::now() + timeout;
    while (one_by_one_.waiting() >= kWaitingMax) await_room(deadline);
  }
  one_by_one_.add({outgoing.message, tag, outgoing.in_sequence});
}

void Publisher::await_room(SteadyTime deadline) {
  producer_->poll(std::chrono::milliseconds{10});
  one_by_one_.go_on();
  if (!broken_ && steady_clock::now() <= deadline) return;
  broken_ = true;
  throw core::Unavailable("Kafka does not take messages: the outgoing queue stays full");
}

void Publisher::settle(const std::vector<Refused>& refused) {
  for (const Refused& message : refused) {
    for (const auto tag : message.tags) marks_.acknowledged(tag);
  }
  one_by_one_.settle();
}

void Publisher::poll(Duration timeout) {
  producer_->poll(timeout);
  one_by_one_.go_on();
  if (producer_->failed() && !std::exchange(broken_, true)) {
    if (const auto refusal = producer_->failure()) tell(*refusal);
  }
  const auto now = steady_clock::now();
  const Duration oldest = marks_.oldest_unacknowledged(now);
  oldest_seconds_.Set(static_cast<double>(oldest.count()) / 1e6);
  if (last_refusal_ && now - refused_at_ > kRefusalShown) {
    last_refusal_.reset();
    health_.set(component_, true);
  }
  show_unacknowledged(oldest);
  const bool as_usual_again = mode_ == RefusalMode::kReport && now > one_by_one_until_ &&
                              one_by_one_.idle() && oldest == Duration{0};
  if (as_usual_again && !broken_) start();
}

// Whatever the cause: what is sent does not arrive, or nobody says so.
void Publisher::show_unacknowledged(Duration oldest) {
  const bool waits = oldest > kUnacknowledgedShown;
  if (waits == unacknowledged_shown_) return;
  unacknowledged_shown_ = waits;
  health_.set(component_, !waits,
              waits           ? "Kafka has not acknowledged what was sent for over 15 s"
              : last_refusal_ ? last_refusal_->text()
                              : "");
}

Duration Publisher::oldest_unacknowledged(std::int32_t partition) const {
  return marks_.oldest_unacknowledged(partition, steady_clock::now());
}

Duration Publisher::oldest_unacknowledged() const {
  return marks_.oldest_unacknowledged(steady_clock::now());
}

bool Publisher::flush(Duration timeout) {
  const auto deadline = steady_clock::now() + timeout;
  while (one_by_one_.waiting() > 0 && !broken_ && steady_clock::now() < deadline) {
    poll(std::chrono::milliseconds{10});
  }
  return producer_->flush(timeout) && !broken_;
}

}  // namespace orderflow::producers
