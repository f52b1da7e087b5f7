#include "producers/publisher.hpp"

#include <algorithm>
#include <utility>

#include "core/failure.hpp"

namespace orderflow::producers {

using core::Duration;
using core::SteadyTime;

// The messages of one batch of one partition that were handed to the producer.
struct Publisher::Entry {
  std::int64_t batch_no;
  std::uint32_t outstanding;
  SteadyTime since;
};

// A partition's batches in commit order; the front is the oldest not fully acknowledged.
struct Publisher::Lane {
  std::int64_t mark = 0;
  std::uint64_t first_index = 0;  // Of entries.front(), counted from the grant.
  std::deque<Entry> entries;
};

namespace {

constexpr int kIndexBits = 48;

std::uint64_t make_tag(std::int32_t partition, std::uint64_t index) {
  return (static_cast<std::uint64_t>(partition) << kIndexBits) | index;
}

}  // namespace

Publisher::Publisher(core::KafkaOptions options, core::Logger& logger, core::Metrics& metrics)
    : options_(std::move(options)),
      logger_(logger),
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
}

void Publisher::reset() {
  producer_.reset();
  lanes_.clear();
  start();
}

void Publisher::begin(std::int32_t partition, std::int64_t mark) {
  lanes_[partition] = Lane{mark, 0, {}};
}

void Publisher::on_report(std::uint64_t tag, bool stored) {
  if (!stored) {
    broken_ = true;
    return;
  }
  const auto lane = lanes_.find(static_cast<std::int32_t>(tag >> kIndexBits));
  if (lane == lanes_.end()) return;
  const std::uint64_t index = tag & ((1ULL << kIndexBits) - 1);
  auto& [mark, first_index, entries] = lane->second;
  if (index < first_index || index - first_index >= entries.size()) return;
  --entries[index - first_index].outstanding;
  while (!entries.empty() && entries.front().outstanding == 0) {
    mark = std::max(mark, entries.front().batch_no);
    entries.pop_front();
    ++first_index;
  }
}

void Publisher::publish(const std::vector<Outgoing>& messages, Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const Outgoing& outgoing : messages) {
    Lane& lane = lanes_[outgoing.partition];
    if (lane.entries.empty() || lane.entries.back().batch_no != outgoing.batch_no) {
      lane.entries.push_back({outgoing.batch_no, 0, std::chrono::steady_clock::now()});
    }
    ++lane.entries.back().outstanding;
    const std::uint64_t index = lane.first_index + lane.entries.size() - 1;
    while (!producer_->send(outgoing.message, make_tag(outgoing.partition, index))) {
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

std::int64_t Publisher::mark(std::int32_t partition) const {
  const auto lane = lanes_.find(partition);
  return lane == lanes_.end() ? 0 : lane->second.mark;
}

Duration Publisher::oldest_unacknowledged(std::int32_t partition) const {
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end() || lane->second.entries.empty()) return Duration{0};
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() -
                                              lane->second.entries.front().since);
}

Duration Publisher::oldest_unacknowledged() const {
  Duration oldest{0};
  for (const auto& [partition, lane] : lanes_) {
    oldest = std::max(oldest, oldest_unacknowledged(partition));
  }
  return oldest;
}

bool Publisher::flush(Duration timeout) { return producer_->flush(timeout) && !broken_; }

}  // namespace orderflow::producers
