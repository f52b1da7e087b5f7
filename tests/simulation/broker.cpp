#include "tests/simulation/broker.hpp"

#include <algorithm>

namespace orderflow::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kTick{1};

}  // namespace

void Trace::add(Time when, const std::string& who, const std::string& what) {
  lines_.push_back(core::to_rfc3339(when).substr(14) + "  " + who +
                   std::string(who.size() < 15 ? 15 - who.size() : 1, ' ') + what);
}

Broker::Broker(Context& context, std::int32_t partitions)
    : context_(context),
      partitions_(partitions),
      logs_(kTopics * static_cast<std::size_t>(partitions)) {}

std::size_t Broker::place_of(Topic topic, std::int32_t partition) const {
  return static_cast<std::size_t>(topic) * static_cast<std::size_t>(partitions_) +
         static_cast<std::size_t>(partition);
}

Broker::Log& Broker::log(Topic topic, std::int32_t partition) {
  return logs_[place_of(topic, partition)];
}

ProducerPtr Broker::producer(SendReport report, bool stops_when_refused) const {
  auto made = std::make_shared<Producer>();
  made->report = std::move(report);
  made->stops_when_refused = stops_when_refused;
  for (auto& last : made->last_arrival) last.resize(static_cast<std::size_t>(partitions_));
  return made;
}

void Broker::close(const ProducerPtr& producer) {
  producer->report = nullptr;
  producer->cut = std::min(producer->cut,
                           context_.now() + context_.random.between(Duration{0}, milliseconds{3}));
}

void Broker::append(const MessagePtr& message) {
  if (message->topic == Topic::kEvents) {
    on_event(*message);
    return;
  }
  log(message->topic, message->partition).messages.push_back({message, context_.now()});
  on_arrival(message->topic, message->partition);
}

void Broker::deliver(const ProducerPtr& producer, const MessagePtr& message, Time when) {
  context_.timeline.at(when, [this, producer, message] {
    if (producer == nullptr || context_.now() <= producer->cut) append(message);
  });
}

// An event that is refused is so for a while, however often it is sent; others of its order are
// not.
bool Broker::refuses(const Message& message) {
  const auto* event = std::get_if<events::OrderEvent>(&message.body);
  if (event == nullptr) return false;
  Time& until = refused_until_[{message.order, event->sequence}];
  if (context_.faults.strike(Fault::kEventRefused)) {
    until = context_.now() + context_.random.between(milliseconds{10}, seconds{20});
  }
  return context_.now() < until;
}

void Broker::send(const ProducerPtr& producer, const MessagePtr& message, std::uint64_t tag,
                  Duration delay) {
  auto& faults = context_.faults;
  const bool event = message->topic == Topic::kEvents;
  auto& last = producer->last_arrival[static_cast<std::size_t>(message->topic)]
                                     [static_cast<std::size_t>(message->partition)];
  const Time arrival = std::max(last, context_.now() + context_.broker_latency());
  const auto told = [&](const char* what) {
    if (context_.trace.wants(message->order)) {
      context_.trace.add(context_.now(), "broker", std::string(what) + ": " + describe(*message));
    }
  };
  if (faults.strike(Fault::kProducerFails)) {
    told("the producer fails before");
    producer->cut = std::min(producer->cut, context_.now());
    context_.timeline.at(arrival, [producer, tag, message] {
      if (producer->report) producer->report(tag, SendResult::kFailed, message);
    });
    return;
  }
  if (refuses(*message)) {
    told("refused");
    last = arrival;
    context_.timeline.at(arrival, [producer, tag, message, arrival] {
      // Nothing that was sent later is stored.
      if (producer->stops_when_refused) producer->cut = std::min(producer->cut, arrival - kTick);
      if (producer->report) producer->report(tag, SendResult::kRefused, message);
    });
    return;
  }
  context_.timeline.at(arrival + context_.broker_latency(), [producer, tag, arrival, message] {
    if (producer->report && arrival <= producer->cut) {
      producer->report(tag, SendResult::kStored, message);
    }
  });
  if (!event && faults.strike(Fault::kMessageLost)) {
    told("lost");
    return;
  }
  if (!event && (delay > Duration{0} || faults.strike(Fault::kMessageLate))) {
    if (delay == Duration{0}) delay = context_.random.between(milliseconds{20}, seconds{8});
    told("late");
    deliver(nullptr, message, arrival + delay);
    return;
  }
  last = arrival;
  deliver(producer, message, arrival);
  if (faults.strike(Fault::kMessageDoubled)) {
    told("doubled");
    deliver(producer, message, arrival + context_.random.between(Duration{0}, seconds{2}));
  }
}

void Broker::notify(const MessagePtr& message) {
  if (context_.faults.strike(Fault::kMessageLost)) {
    if (context_.trace.wants(message->order)) {
      context_.trace.add(context_.now(), "broker", "lost: " + describe(*message));
    }
    return;
  }
  deliver(nullptr, message, context_.now() + context_.broker_latency());
}

Broker::Read Broker::read(Topic topic, std::int32_t partition, std::int64_t& position,
                          Stored& stored) {
  Log& from = log(topic, partition);
  const auto end = from.first + static_cast<std::int64_t>(from.messages.size());
  if (position < from.first || position > end) return Read::kOffsetLost;
  if (position == end) return Read::kNothing;
  stored = from.messages[static_cast<std::size_t>(position - from.first)];
  ++position;
  return Read::kMessage;
}

std::int64_t Broker::beginning(Topic topic, std::int32_t partition) const {
  return logs_[place_of(topic, partition)].first;
}

void Broker::forget(Topic topic, bool everything) {
  for (std::int32_t partition = 0; partition < partitions_; ++partition) {
    Log& forgotten = log(topic, partition);
    if (everything) {
      forgotten = {};
      continue;
    }
    const auto size = static_cast<std::ptrdiff_t>(forgotten.messages.size());
    const auto gone = size - std::min<std::ptrdiff_t>(
                                 size, static_cast<std::ptrdiff_t>(context_.random.below(20)));
    forgotten.messages.erase(forgotten.messages.begin(), forgotten.messages.begin() + gone);
    forgotten.first += gone;
  }
}

}  // namespace orderflow::simulation
