#pragma once

#include <string>
#include <string_view>

#include "core/observe/trace.hpp"
#include "core/values/message.hpp"
#include "core/values/result.hpp"
#include "core/values/shard_key.hpp"
#include "events/messages.hpp"

namespace orderflow::events {

// Encodes to CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the body as JSON.
//
// Decoding never throws: a message of unknown type or version, broken JSON, or a field that is
// missing or of the wrong type is an Error with the code `undecodable`, for the dead letters. Any
// thread; each keeps one parser's memory. core/json/document.hpp says what JSON is here.

// Where a message goes and what it is part of.
struct Addressed {
  std::string topic;
  core::ShardKey key;
  std::string source;  // e.g. "/orderflow/payments"
  core::Trace trace;
  int attempt = 0;  // of the command that is sent, or that the reply answers; 0: no header
  // P as the database has it: the topic itself may have got more partitions already. 0: not known.
  std::int32_t partition_count = 0;
};

[[nodiscard]] core::OutgoingMessage encode(const OrderPlaced& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const RequestMade& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const Reply& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const DeliveryReport& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const PaymentCommand& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const DeliveryCommand& message, const Addressed& to);
[[nodiscard]] core::OutgoingMessage encode(const OrderEvent& event, const std::string& topic);

[[nodiscard]] core::Result<InboxMessage> decode_inbox(std::string_view type, std::string_view body);
[[nodiscard]] core::Result<PaymentCommand> decode_payment_command(std::string_view type,
                                                                  std::string_view body);
[[nodiscard]] core::Result<DeliveryCommand> decode_delivery_command(std::string_view type,
                                                                    std::string_view body);

// The trace a message carries; a fresh traceparent when it has none.
[[nodiscard]] core::Trace trace_of(core::HeaderView headers);
// Which attempt a command is, or a reply answers (the header `attempt`); 1 when absent or
// unreadable.
[[nodiscard]] int attempt_of(core::HeaderView headers);

// What a stranger wrote, as text that a log and a database take; the first hundred bytes.
[[nodiscard]] std::string printable(std::string_view text);

// Which installation sent a message: the id that `orderflow migrate` made. Participants of other
// programs put that of the command on its reply. A message without it is anybody's.
inline constexpr const char* kInstallationHeader = "orderflow_installation";
// Never to be processed: two installations share the topic.
[[nodiscard]] bool is_foreign(core::HeaderView headers, std::string_view installation);

// On a dead letter that was put back by hand: how often it had failed by then.
inline constexpr const char* kReplayedHeader = "orderflow_replayed";
[[nodiscard]] int failures_of(core::HeaderView headers);

}  // namespace orderflow::events
