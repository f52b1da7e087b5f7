// What comes from Kafka. An input is a ce_type and, on the lines after it, a body. Decoding never
// throws; what it accepts can be encoded, says the same, and can be told in a log or an answer.
// What JSON is two libraries agree on.
#include <variant>

#include "events/codec.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json_differential.hpp"

namespace orderflow::fuzz {
namespace {

using core::OutgoingMessage;

const events::Addressed kTo{"topic", {}, "/orderflow/fuzz", {"correlation", {}}, 3};

std::string header(const OutgoingMessage& message, std::string_view name) {
  for (const auto& [known, value] : message.headers) {
    if (known == name) return std::string(value);
  }
  return {};
}

OutgoingMessage encode_any(const events::InboxMessage& message) {
  return std::visit([](const auto& m) { return events::encode(m, kTo); }, message);
}
OutgoingMessage encode_any(const events::PaymentCommand& message) {
  return events::encode(message, kTo);
}
OutgoingMessage encode_any(const events::DeliveryCommand& message) {
  return events::encode(message, kTo);
}

template <typename Decode>
bool check(Decode decode, std::string_view type, std::string_view body) {
  const auto message = decode(type, body);
  if (!message) {
    require(message.error().code == "undecodable", "a refusal is named", message.error().code);
    return false;
  }
  const OutgoingMessage written = encode_any(*message);
  require(header(written, "ce_type") == type, "a message keeps its type", written.body);
  const auto again = decode(type, written.body);
  require(again.has_value(), "what was encoded can be decoded", written.body);
  require(encode_any(*again).body == written.body, "a message reads back", written.body);
  return true;
}

}  // namespace
}  // namespace orderflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orderflow::fuzz;
  namespace events = orderflow::events;
  std::string_view body = text_of(data, size);
  const std::string_view type = take_line(body);
  const int taken = check(events::decode_inbox, type, body) +
                    check(events::decode_payment_command, type, body) +
                    check(events::decode_delivery_command, type, body);
  check_json_agrees(body);
  require(taken <= 1, "a message belongs to one topic", type);
  return 0;
}
