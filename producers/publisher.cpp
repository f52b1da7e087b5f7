#include "producers/publisher.hpp"

#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::producers {

using core::Duration;

Publisher::Publisher(core::KafkaOptions options, core::Logger& logger, core::Metrics& metrics)
    : options_(std::move(options)),
      logger_(logger),
      crash_(logger.role()),
      oldest_seconds_(metrics.gauge("publish_oldest_seconds",
                                    "Age of the oldest message not acknowledged by the broker.",
                                    {{"role", logger.role()}})) {
  start();
}

Publisher::~Publisher() = default;

void Publisher::start() {
  broken_ = false;
  producer_ = std::make_unique<core::KafkaProducer>(
      options_, logger_, [this](std::uint64_t tag, bool stored) { on_report(tag, stored); });
  producer_->stamp(stamp_.first, stamp_.second);
}

void Publisher::stamp(const std::string& name, const std::string& value) {
  stamp_ = {name, value};
  producer_->stamp(name, value);
}

void Publisher::reset() {
  producer_.reset();
  marks_.clear();
  start();
}

void Publisher::begin(std::int32_t partition, std::int64_t mark) { marks_.begin(partition, mark); }

void Publisher::on_report(std::uint64_t tag, bool stored) {
  if (!stored) {
    broken_ = true;
    return;
  }
  crash_.pass(core::CrashPlace::kInAck);
  marks_.acknowledged(tag);
}

void Publisher::publish(const std::vector<Outgoing>& messages, Duration timeout) {
  const auto now = std::chrono::steady_clock::now();
  const auto deadline = now + timeout;
  std::vector<std::uint64_t> tags;
  tags.reserve(messages.size());
  for (const Outgoing& outgoing : messages) {
    tags.push_back(marks_.expect(outgoing.owner_partition, outgoing.batch_no, now));
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (i > 0) crash_.pass(core::CrashPlace::kBetweenSends);
    while (!producer_->send(messages[i].message, tags[i])) {
      producer_->poll(std::chrono::milliseconds{10});
      if (broken_ || std::chrono::steady_clock::now() > deadline) {
        broken_ = true;
        throw core::Unavailable("Kafka does not take messages: the outgoing queue stays full");
      }
    }
  }
  producer_->poll(Duration{0});
}

void Publisher::poll(Duration timeout) {
  producer_->poll(timeout);
  if (producer_->failed()) broken_ = true;
  oldest_seconds_.Set(static_cast<double>(oldest_unacknowledged().count()) / 1e6);
}

Duration Publisher::oldest_unacknowledged(std::int32_t partition) const {
  return marks_.oldest_unacknowledged(partition, std::chrono::steady_clock::now());
}

Duration Publisher::oldest_unacknowledged() const {
  return marks_.oldest_unacknowledged(std::chrono::steady_clock::now());
}

bool Publisher::flush(Duration timeout) { return producer_->flush(timeout) && !broken_; }

}  // namespace orderflow::producers
