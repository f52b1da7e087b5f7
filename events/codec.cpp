#include "events/codec.hpp"

#include <algorithm>

#include "core/json/document.hpp"
#include "core/json/text.hpp"
#include "core/values/number.hpp"
#include "core/values/time.hpp"
#include "events/ids.hpp"

namespace orderflow::events {
namespace {

using core::JsonFault;
using core::JsonMembers;
using core::JsonObject;
using core::JsonValue;
using core::OutgoingMessage;
using core::RawJson;
using core::Result;

// Far deeper than any message of ours.
constexpr std::size_t kLevelsMax = 32;
// Far beyond any of ours, and such that an event that quotes one still fits into a message.
constexpr std::size_t kBodyMax = 256 * 1024;
constexpr std::size_t kShownBytesMax = 100;

// Thrown and caught inside this file only: nested readers stay plain expressions.
struct Undecodable {
  std::string why;
};

JsonValue field(JsonMembers& body, const char* name) {
  const auto found = body.find(name);
  if (!found) throw Undecodable{std::string("the field ") + name + " is missing"};
  return *found;
}

std::string_view text_field(JsonMembers& body, const char* name) {
  const auto text = core::string_of(field(body, name));
  if (!text) throw Undecodable{std::string("the field ") + name + " is not a string"};
  return *text;
}

Uuid uuid_field(JsonMembers& body, const char* name) {
  const auto id = Uuid::parse(text_field(body, name));
  if (!id) throw Undecodable{std::string("the field ") + name + " is not a UUID"};
  return *id;
}

Time time_field(JsonMembers& body, const char* name) {
  const auto time = core::parse_rfc3339(text_field(body, name));
  if (!time) throw Undecodable{std::string("the field ") + name + " is not an RFC 3339 time"};
  return *time;
}

Money money_field(JsonMembers& body, const char* name) {
  const JsonValue value = field(body, name);
  if (!value.is_object()) throw Undecodable{std::string("the field ") + name + " is not money"};
  JsonMembers members(value);
  const JsonValue amount = field(members, "amount");
  if (!amount.is_int64() && !amount.is_uint64()) {
    throw Undecodable{"an amount is not a whole number"};
  }
  Money money{-1, std::string(text_field(members, "currency"))};
  // Fails for what 64 bits with a sign do not hold.
  const bool fits = amount.get(money.amount) == simdjson::SUCCESS;
  if (!fits || money.amount < 0 || !core::is_currency_code(money.currency)) {
    throw Undecodable{std::string("the field ") + name + " is not a sum of money"};
  }
  return money;
}

// As it stands in the body's text: it is passed on, and nobody here asks what it says.
std::string object_field(JsonMembers& body, std::string_view text, const char* name) {
  const JsonValue value = field(body, name);
  if (!value.is_object()) throw Undecodable{std::string("the field ") + name + " is not an object"};
  std::string passed_on = core::member_text(text, *body.index_of(name));
  // PostgreSQL keeps an escaped null character in a column of type json, but fails who asks for it.
  if (passed_on.find("\\u0000") != std::string::npos && core::has_null_character(value)) {
    throw Undecodable{std::string("the field ") + name + " holds a null character"};
  }
  return passed_on;
}

Phase phase_field(JsonMembers& body) {
  const std::string_view phase = text_field(body, "phase");
  if (phase == "do") return Phase::kDo;
  if (phase == "undo") return Phase::kUndo;
  throw Undecodable{"the phase is neither do nor undo"};
}

ReplyOutcome outcome_field(JsonMembers& body) {
  const std::string_view outcome = text_field(body, "outcome");
  if (outcome == "done") return ReplyOutcome::kDone;
  if (outcome == "refused") return ReplyOutcome::kRefused;
  if (outcome == "failed") return ReplyOutcome::kFailed;
  throw Undecodable{"the outcome is none of done, refused, failed"};
}

const char* name_of(ReplyOutcome outcome) {
  switch (outcome) {
    case ReplyOutcome::kDone: return "done";
    case ReplyOutcome::kRefused: return "refused";
    case ReplyOutcome::kFailed: return "failed";
  }
  return "failed";
}

// ---- commands: what each says, written and read -------------------------------------------------

// Chooses the read() of a message's type.
template <typename Message>
struct As {};

// A capture and its undo say the same.
template <typename Command>
std::string body_of_capture(const Command& m) {
  return JsonObject()
      .field("command_id", m.command_id)
      .field("order_id", m.order_id)
      .field("account_id", m.account_id)
      .field("amount", m.amount)
      .text();
}
template <typename Command>
Command read_capture(JsonMembers& body) {
  return {uuid_field(body, "command_id"), uuid_field(body, "order_id"),
          uuid_field(body, "account_id"), money_field(body, "amount")};
}

std::string body_of(const CapturePayment& m) { return body_of_capture(m); }
CapturePayment read(JsonMembers& body, std::string_view, As<CapturePayment>) {
  return read_capture<CapturePayment>(body);
}

std::string body_of(const UndoCapture& m) { return body_of_capture(m); }
UndoCapture read(JsonMembers& body, std::string_view, As<UndoCapture>) {
  return read_capture<UndoCapture>(body);
}

std::string body_of(const RefundPayment& m) {
  return JsonObject()
      .field("command_id", m.command_id)
      .field("request_id", m.request_id)
      .field("order_id", m.order_id)
      .field("payment_id", m.payment_id)
      .field("account_id", m.account_id)
      .field("amount", m.amount)
      .text();
}
RefundPayment read(JsonMembers& body, std::string_view, As<RefundPayment>) {
  return {uuid_field(body, "command_id"), uuid_field(body, "request_id"),
          uuid_field(body, "order_id"),   uuid_field(body, "payment_id"),
          uuid_field(body, "account_id"), money_field(body, "amount")};
}

// What is passed on comes first: member_text() then finds it at once.
std::string body_of(const ScheduleDelivery& m) {
  return JsonObject()
      .field("address", RawJson{m.address})
      .field("command_id", m.command_id)
      .field("order_id", m.order_id)
      .text();
}
ScheduleDelivery read(JsonMembers& body, std::string_view text, As<ScheduleDelivery>) {
  return {uuid_field(body, "command_id"), uuid_field(body, "order_id"),
          object_field(body, text, "address")};
}

std::string body_of(const CancelDelivery& m) {
  return JsonObject().field("command_id", m.command_id).field("order_id", m.order_id).text();
}
CancelDelivery read(JsonMembers& body, std::string_view, As<CancelDelivery>) {
  return {uuid_field(body, "command_id"), uuid_field(body, "order_id")};
}

std::string body_of(const AcknowledgeReport& m) {
  return JsonObject().field("delivery_id", m.delivery_id).field("order_id", m.order_id).text();
}
AcknowledgeReport read(JsonMembers& body, std::string_view, As<AcknowledgeReport>) {
  return {uuid_field(body, "delivery_id"), uuid_field(body, "order_id")};
}

// ---- the rest -----------------------------------------------------------------------------------

OutgoingMessage envelope(const Addressed& to, std::string_view type, const Uuid& subject,
                         std::string body) {
  OutgoingMessage message{to.topic, std::string(to.key.text.view()), std::move(body), {}};
  if (to.partition_count > 0) message.partition = to.key.partition(to.partition_count);
  message.headers.add("ce_specversion", "1.0")
      .add("ce_id", new_message_id(subject).text().view())
      .add("ce_source", to.source)
      .add("ce_type", type)
      .add("ce_time", core::rfc3339_text(core::process_now()).view())
      .add("ce_subject", subject.text().view())
      .add("content-type", "application/json")
      .add("traceparent", to.trace.traceparent)
      .add("correlation_id", to.trace.correlation_id);
  if (to.attempt > 0) message.headers.add("attempt", std::to_string(to.attempt));
  return message;
}

template <typename Command>
OutgoingMessage encode_command(const Command& command, const Addressed& to) {
  return std::visit([&](const auto& m) { return envelope(to, m.kType, m.order_id, body_of(m)); },
                    command);
}

// Its values live until the thread's next message.
JsonMembers parse_body(std::string_view text) {
  thread_local core::JsonParser parser(kBodyMax, kLevelsMax);
  const auto body = parser.parse(text);
  if (!body) {
    switch (body.error()) {
      case JsonFault::kTooLarge: throw Undecodable{"the body is larger than 256 KiB"};
      case JsonFault::kTooDeep: throw Undecodable{"the body nests too deeply"};
      case JsonFault::kNotJson: throw Undecodable{"the body is not JSON"};
    }
  }
  if (!body->is_object()) throw Undecodable{"the body is not a JSON object"};
  return JsonMembers(*body);
}

OrderPlaced read(JsonMembers& body, std::string_view, As<OrderPlaced>) {
  return {uuid_field(body, "order_id")};
}

RequestMade read(JsonMembers& body, std::string_view, As<RequestMade>) {
  return {uuid_field(body, "request_id"), uuid_field(body, "order_id"),
          std::string(text_field(body, "kind"))};
}

Reply read(JsonMembers& body, std::string_view text, As<Reply>) {
  Reply reply;
  reply.command_id = uuid_field(body, "command_id");
  reply.order_id = uuid_field(body, "order_id");
  reply.phase = phase_field(body);
  reply.outcome = outcome_field(body);
  reply.code = text_field(body, "code");
  reply.detail = text_field(body, "detail");
  reply.data = object_field(body, text, "data");
  return reply;
}

DeliveryReport read(JsonMembers& body, std::string_view, As<DeliveryReport>) {
  return {uuid_field(body, "delivery_id"), uuid_field(body, "order_id"),
          std::string(text_field(body, "report")), time_field(body, "reported_at")};
}

// The alternative of that type.
template <typename Messages, std::size_t Index = 0>
Messages read_one_of(std::string_view type, std::string_view text) {
  if constexpr (Index == std::variant_size_v<Messages>) {
    throw Undecodable{"the message type '" + printable(type) + "' is unknown"};
  } else {
    using Message = std::variant_alternative_t<Index, Messages>;
    if (type != Message::kType) return read_one_of<Messages, Index + 1>(type, text);
    JsonMembers body = parse_body(text);
    return read(body, text, As<Message>{});
  }
}

// Turns a reader's complaint into a value.
template <typename Messages>
Result<Messages> decode(std::string_view type, std::string_view text) {
  try {
    return read_one_of<Messages>(type, text);
  } catch (const Undecodable& problem) {
    return core::fail("undecodable", problem.why);
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kShownBytesMax));
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c >= 0x7f; }, '?');
  return shown;
}

std::string wire_type_of_event(std::string_view type) {
  constexpr std::string_view kBefore = "orderflow.order.";
  constexpr std::string_view kAfter = ".v1";
  std::string wire;
  wire.reserve(kBefore.size() + 2 * type.size() + kAfter.size());
  wire += kBefore;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const bool upper = type[i] >= 'A' && type[i] <= 'Z';
    if (upper && i > 0) wire += '_';
    wire += upper ? static_cast<char>(type[i] - 'A' + 'a') : type[i];
  }
  return wire.append(kAfter);
}

OutgoingMessage encode(const OrderPlaced& m, const Addressed& to) {
  return envelope(to, m.kType, m.order_id, JsonObject().field("order_id", m.order_id).text());
}

OutgoingMessage encode(const RequestMade& m, const Addressed& to) {
  std::string body = JsonObject()
                         .field("request_id", m.request_id)
                         .field("order_id", m.order_id)
                         .field("kind", m.kind)
                         .text();
  return envelope(to, m.kType, m.order_id, std::move(body));
}

OutgoingMessage encode(const Reply& m, const Addressed& to) {
  std::string body = JsonObject()
                         .field("data", RawJson{m.data})
                         .field("command_id", m.command_id)
                         .field("order_id", m.order_id)
                         .field("phase", m.phase == Phase::kDo ? "do" : "undo")
                         .field("outcome", name_of(m.outcome))
                         .field("code", m.code)
                         .field("detail", m.detail)
                         .text();
  return envelope(to, m.kType, m.order_id, std::move(body));
}

OutgoingMessage encode(const DeliveryReport& m, const Addressed& to) {
  std::string body = JsonObject()
                         .field("delivery_id", m.delivery_id)
                         .field("order_id", m.order_id)
                         .field("report", m.report)
                         .field("reported_at", m.reported_at)
                         .text();
  return envelope(to, m.kType, m.order_id, std::move(body));
}

OutgoingMessage encode(const PaymentCommand& m, const Addressed& to) {
  return encode_command(m, to);
}

OutgoingMessage encode(const DeliveryCommand& m, const Addressed& to) {
  return encode_command(m, to);
}

OutgoingMessage encode(const OrderEvent& event, const std::string& topic) {
  const auto id_text = event.order_id.text();
  const auto time_text = core::rfc3339_text(event.time);
  const auto id = id_text.view();
  const auto time = time_text.view();
  std::string body = JsonObject()
                         .field("order_id", id)
                         .field("sequence", event.sequence)
                         .field("type", event.type)
                         .field("status", event.status)
                         .field("time", time)
                         .field("actor", event.actor)
                         .field("correlation_id", event.correlation_id)
                         .field("data", RawJson{event.data})
                         .text();
  OutgoingMessage message{topic, std::string(id), std::move(body), {}};
  // The id is derived, so that a repeated event is recognised as the same one.
  const std::string sequence = std::to_string(event.sequence);
  message.headers.add("ce_specversion", "1.0")
      .add("ce_id", event_id(event.order_id, sequence).text().view())
      .add("ce_source", "/orderflow/orchestrator")
      .add("ce_type", wire_type_of_event(event.type))
      .add("ce_time", time)
      .add("ce_subject", id)
      .add("ce_sequence", sequence)
      .add("content-type", "application/json")
      .add("traceparent", event.traceparent)
      .add("correlation_id", event.correlation_id);
  return message;
}

Result<InboxMessage> decode_inbox(std::string_view type, std::string_view text) {
  return decode<InboxMessage>(type, text);
}

Result<PaymentCommand> decode_payment_command(std::string_view type, std::string_view text) {
  return decode<PaymentCommand>(type, text);
}

Result<DeliveryCommand> decode_delivery_command(std::string_view type, std::string_view text) {
  return decode<DeliveryCommand>(type, text);
}

namespace {

constexpr int kHeaderNumberMax = 1'000'000;

// A positive number; anything else is the fallback.
int number_or(std::string_view text, int fallback) {
  const int number = core::parse_number<int>(text).value_or(0);
  return number > 0 && number < kHeaderNumberMax ? number : fallback;
}

}  // namespace

core::Trace trace_of(core::HeaderView headers) {
  core::Trace trace{std::string(headers["correlation_id"]), std::string(headers["traceparent"])};
  if (!core::is_traceparent(trace.traceparent)) trace.traceparent = core::new_traceparent();
  if (!core::is_sane_correlation_id(trace.correlation_id)) trace.correlation_id = "unknown";
  return trace;
}

int attempt_of(core::HeaderView headers) { return number_or(headers["attempt"], 1); }

bool is_foreign(core::HeaderView headers, std::string_view installation) {
  const std::string_view sender = headers[kInstallationHeader];
  return !sender.empty() && sender != installation;
}

int failures_of(core::HeaderView headers) { return number_or(headers[kReplayedHeader], 0); }

}  // namespace orderflow::events
