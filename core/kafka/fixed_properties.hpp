#pragma once

#include <array>
#include <string_view>

namespace orderflow::core {

// A property of librdkafka that belongs to the program: a promise rests on its value, or another
// setting stands for it. A value of the user's is refused, not overwritten in silence. Constant.
struct FixedProperty {
  std::string_view name;
  std::string_view why;
};

namespace why_fixed {
inline constexpr std::string_view kStored =
    "a message counts as stored only when all replicas have it, once";
inline constexpr std::string_view kNoGap = "a message that was given up would leave a gap";
inline constexpr std::string_view kOrder = "messages of an order keep their order";
inline constexpr std::string_view kPlace = "the owner of a message is found by its key";
inline constexpr std::string_view kGroup = "owners of partitions agree on it";
inline constexpr std::string_view kOffsets = "offsets are kept in the database";
inline constexpr std::string_view kForgotten = "what the broker has forgotten must be noticed";
inline constexpr std::string_view kReadAll =
    "a transaction that somebody leaves open must hold up nothing";
inline constexpr std::string_view kTransactions = "the database's transaction is the only one";
inline constexpr std::string_view kServers = "set KAFKA_BOOTSTRAP_SERVERS instead";
inline constexpr std::string_view kFetch = "set ORDERFLOW_FETCH_WAIT instead";
inline constexpr std::string_view kTopics = "topics have the partitions of the installation";
inline constexpr std::string_view kMemory = "the memory and the pace of owners depend on it";
}  // namespace why_fixed

inline constexpr std::array kFixedProperties{
    FixedProperty{"acks", why_fixed::kStored},
    FixedProperty{"request.required.acks", why_fixed::kStored},
    FixedProperty{"enable.idempotence", why_fixed::kStored},
    FixedProperty{"message.timeout.ms", why_fixed::kNoGap},
    FixedProperty{"delivery.timeout.ms", why_fixed::kNoGap},
    FixedProperty{"delivery.report.only.error", why_fixed::kStored},
    FixedProperty{"enable.gapless.guarantee", why_fixed::kNoGap},
    FixedProperty{"retries", why_fixed::kNoGap},
    FixedProperty{"message.send.max.retries", why_fixed::kNoGap},
    FixedProperty{"retry.backoff.ms", why_fixed::kNoGap},
    FixedProperty{"max.in.flight", why_fixed::kOrder},
    FixedProperty{"max.in.flight.requests.per.connection", why_fixed::kOrder},
    FixedProperty{"queuing.strategy", why_fixed::kOrder},
    FixedProperty{"partitioner", why_fixed::kPlace},
    FixedProperty{"group.id", why_fixed::kGroup},
    FixedProperty{"group.instance.id", why_fixed::kGroup},
    FixedProperty{"group.protocol.type", why_fixed::kGroup},
    FixedProperty{"partition.assignment.strategy", why_fixed::kGroup},
    FixedProperty{"session.timeout.ms", why_fixed::kGroup},
    FixedProperty{"heartbeat.interval.ms", why_fixed::kGroup},
    FixedProperty{"max.poll.interval.ms", why_fixed::kGroup},
    FixedProperty{"enable.auto.commit", why_fixed::kOffsets},
    FixedProperty{"enable.auto.offset.store", why_fixed::kOffsets},
    FixedProperty{"auto.commit.enable", why_fixed::kOffsets},
    FixedProperty{"auto.commit.interval.ms", why_fixed::kOffsets},
    FixedProperty{"auto.offset.reset", why_fixed::kForgotten},
    FixedProperty{"enable.partition.eof", why_fixed::kForgotten},
    FixedProperty{"isolation.level", why_fixed::kReadAll},
    FixedProperty{"transactional.id", why_fixed::kTransactions},
    FixedProperty{"transaction.timeout.ms", why_fixed::kTransactions},
    FixedProperty{"bootstrap.servers", why_fixed::kServers},
    FixedProperty{"metadata.broker.list", why_fixed::kServers},
    FixedProperty{"fetch.wait.max.ms", why_fixed::kFetch},
    FixedProperty{"fetch.error.backoff.ms", why_fixed::kFetch},
    FixedProperty{"topic.blacklist", why_fixed::kGroup},
    FixedProperty{"test.mock.num.brokers", why_fixed::kServers},
    FixedProperty{"allow.auto.create.topics", why_fixed::kTopics},
    FixedProperty{"queued.min.messages", why_fixed::kMemory},
    FixedProperty{"queued.max.messages.kbytes", why_fixed::kMemory},
};

}  // namespace orderflow::core
