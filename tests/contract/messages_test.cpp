// Every message the codec writes is as its JSON Schema says, and reads back as what was written.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "events/codec.hpp"
#include "tests/support/json_schema.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow {
namespace {

using nlohmann::json;
using testing::JsonSchema;
using testing::source_text;

const core::Uuid kOrder = *core::Uuid::parse("018f2b6a-5c1e-7d3f-9a77-0c2d4e5f6a7b");
const core::Uuid kCommand = core::derived_uuid(kOrder, "1/0");
const core::Uuid kRequest = core::derived_uuid(kOrder, "request");
const core::Uuid kAccount = core::derived_uuid(kOrder, "account");
const core::Money kAmount{29999, "USD"};
const core::Time kTime = *core::parse_rfc3339("2026-01-31T09:30:00.123Z");
const json kAddress{{"name", "Alice Adams"},
                    {"line1", "1 Main Street"},
                    {"city", "Springfield"},
                    {"postal_code", "12345"},
                    {"country", "US"}};
const events::Addressed kTo{
    "topic",
    core::ShardKey(kOrder),
    "/orderflow/payments",
    {"checkout-42", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
    2};

json read_schema(const std::string& name) {
  return json::parse(source_text("schemas/json/" + name + ".json"));
}

std::string header(const core::OutgoingMessage& message, const std::string& name) {
  for (const auto& [key, value] : message.headers) {
    if (key == name) return std::string(value);
  }
  return {};
}

// The schema of a message: named as its ce_type, except that all events share one.
std::string schema_name(const core::OutgoingMessage& message) {
  const bool event = !header(message, "ce_sequence").empty();
  return event ? "orderflow.order.event.v1" : header(message, "ce_type");
}

void check_fits(const core::OutgoingMessage& message) {
  INFO(message.body);
  CHECK(JsonSchema(read_schema(schema_name(message))).problems(json::parse(message.body)).empty());
  json headers = json::object();
  for (const auto& [key, value] : message.headers) headers[key] = value;
  INFO(headers.dump());
  const JsonSchema header_schema(read_schema("orderflow.message.headers.v1"));
  CHECK(header_schema.problems(headers).empty());
}

const events::Reply kReply{kCommand,
                           kOrder,
                           events::Phase::kUndo,
                           events::ReplyOutcome::kRefused,
                           "insufficient_funds",
                           "the balance is too low",
                           json{{"payment_id", kCommand.to_string()}}.dump()};

TEST_CASE("messages of orders.inbox fit their schemas and read back") {
  const auto read_back = [](const core::OutgoingMessage& message) {
    check_fits(message);
    const auto decoded = events::decode_inbox(header(message, "ce_type"), message.body);
    REQUIRE(decoded);
    return *decoded;
  };
  const auto placed = read_back(events::encode(events::OrderPlaced{kOrder}, kTo));
  CHECK(std::get<events::OrderPlaced>(placed).order_id == kOrder);

  for (const char* kind : {"confirm", "cancel", "retry", "pay", "refund", "set_status", "resume"}) {
    const auto got = std::get<events::RequestMade>(
        read_back(events::encode(events::RequestMade{kRequest, kOrder, kind}, kTo)));
    CHECK((got.request_id == kRequest && got.order_id == kOrder && got.kind == kind));
  }

  using enum events::ReplyOutcome;
  for (const auto outcome : {kDone, kRefused, kFailed}) {
    for (const auto phase : {events::Phase::kDo, events::Phase::kUndo}) {
      events::Reply reply = kReply;
      reply.outcome = outcome;
      reply.phase = phase;
      const auto got = std::get<events::Reply>(read_back(events::encode(reply, kTo)));
      CHECK((got.command_id == reply.command_id && got.order_id == reply.order_id));
      CHECK((got.phase == reply.phase && got.outcome == outcome));
      CHECK((got.code == reply.code && got.detail == reply.detail && got.data == reply.data));
    }
  }

  const auto report = std::get<events::DeliveryReport>(
      read_back(events::encode(events::DeliveryReport{kCommand, kOrder, "DELIVERED", kTime}, kTo)));
  CHECK((report.delivery_id == kCommand && report.order_id == kOrder));
  CHECK((report.report == "DELIVERED" && report.reported_at == kTime));
}

TEST_CASE("messages of payments.commands fit their schemas and read back") {
  const auto read_back = [](const events::PaymentCommand& command) {
    const auto message = events::encode(command, kTo);
    check_fits(message);
    const auto decoded = events::decode_payment_command(header(message, "ce_type"), message.body);
    REQUIRE(decoded);
    return *decoded;
  };
  const auto capture = std::get<events::CapturePayment>(
      read_back(events::CapturePayment{kCommand, kOrder, kAccount, kAmount}));
  CHECK((capture.command_id == kCommand && capture.order_id == kOrder));
  CHECK((capture.account_id == kAccount && capture.amount == kAmount));

  const auto undo = std::get<events::UndoCapture>(
      read_back(events::UndoCapture{kCommand, kOrder, kAccount, kAmount}));
  CHECK((undo.command_id == kCommand && undo.order_id == kOrder));
  CHECK((undo.account_id == kAccount && undo.amount == kAmount));

  const auto refund = std::get<events::RefundPayment>(
      read_back(events::RefundPayment{kCommand, kRequest, kOrder, kCommand, kAccount, kAmount}));
  CHECK((refund.command_id == kCommand && refund.request_id == kRequest));
  CHECK((refund.order_id == kOrder && refund.payment_id == kCommand));
  CHECK((refund.account_id == kAccount && refund.amount == kAmount));
}

TEST_CASE("messages of delivery.commands fit their schemas and read back") {
  const auto read_back = [](const events::DeliveryCommand& command) {
    const auto message = events::encode(command, kTo);
    check_fits(message);
    const auto decoded = events::decode_delivery_command(header(message, "ce_type"), message.body);
    REQUIRE(decoded);
    return *decoded;
  };
  const auto schedule = std::get<events::ScheduleDelivery>(
      read_back(events::ScheduleDelivery{kCommand, kOrder, kAddress.dump()}));
  CHECK((schedule.command_id == kCommand && schedule.order_id == kOrder));
  CHECK(schedule.address == kAddress.dump());

  const auto cancel =
      std::get<events::CancelDelivery>(read_back(events::CancelDelivery{kCommand, kOrder}));
  CHECK((cancel.command_id == kCommand && cancel.order_id == kOrder));

  const auto seen =
      std::get<events::AcknowledgeReport>(read_back(events::AcknowledgeReport{kCommand, kOrder}));
  CHECK((seen.delivery_id == kCommand && seen.order_id == kOrder));
}

TEST_CASE("every event of an order fits the schema and names its type in the header") {
  const auto schema = read_schema("orderflow.order.event.v1");
  for (const auto& type : schema.at("properties").at("type").at("enum")) {
    for (const auto& status : schema.at("properties").at("status").at("enum")) {
      const events::OrderEvent event{kOrder,
                                     7,
                                     type,
                                     status,
                                     kTime,
                                     "orderflow",
                                     kTo.trace.correlation_id,
                                     kTo.trace.traceparent,
                                     R"({"code":"x"})"};
      const auto message = events::encode(event, "orders.events");
      check_fits(message);
      CHECK(header(message, "ce_type") == events::wire_type_of_event(type.get<std::string>()));
      const auto body = json::parse(message.body);
      CHECK((body.at("order_id") == kOrder.to_string() && body.at("sequence") == 7));
      CHECK((body.at("type") == type && body.at("data").at("code") == "x"));
    }
  }
}

// A quoted word in the saga's sources that an event type could be, e.g. emit("OrderPlaced", ...).
std::set<std::string> event_types_in_code() {
  std::set<std::string> types;
  for (const auto& file : testing::source_files()) {
    if (file.folder != "saga") continue;
    for (const std::string call :
         {"emit(\"", "done(\"", "undone(\"", "refused(\"", "kCancelled, \"", "kDelivered, \""}) {
      for (auto at = file.text.find(call); at != std::string::npos;
           at = file.text.find(call, at + 1)) {
        const auto end = file.text.find(')', at);
        const std::string arguments = file.text.substr(at, end - at);
        // The event is the last quoted word in mixed case.
        for (auto quote = arguments.find('"'); quote != std::string::npos;) {
          const auto close = arguments.find('"', quote + 1);
          const std::string word = arguments.substr(quote + 1, close - quote - 1);
          const bool mixed = word.size() > 1 && std::isupper(word[0]) && std::islower(word[1]);
          if (mixed && word.find(' ') == std::string::npos) types.insert(word);
          quote = close == std::string::npos ? close : arguments.find('"', close + 1);
        }
      }
    }
  }
  return types;
}

TEST_CASE("every event the saga emits is in the schema") {
  const auto known = read_schema("orderflow.order.event.v1").at("properties").at("type").at("enum");
  const auto used = event_types_in_code();
  CHECK(used.size() > 8);
  for (const auto& type : used) {
    INFO(type);
    CHECK(std::find(known.begin(), known.end(), type) != known.end());
  }
}

// What each schema must refuse: its example with one thing broken.
struct Broken {
  const char* what;
  const char* pointer;
  json value;  // null: the field is removed
};

const std::multimap<std::string, Broken> kBroken{
    {"orderflow.order.placed.v1", {"an id that is no UUID", "/order_id", "42"}},
    {"orderflow.order.placed.v1", {"an unknown field", "/colour", "red"}},
    {"orderflow.order.request.v1", {"an unknown kind", "/kind", "explode"}},
    {"orderflow.saga.reply.v1", {"an unknown outcome", "/outcome", "perhaps"}},
    {"orderflow.saga.reply.v1", {"no phase", "/phase", nullptr}},
    {"orderflow.delivery.report.v1",
     {"a time without its zone", "/reported_at", "2026-01-31 09:30"}},
    {"orderflow.payment.capture.v1", {"money as a fraction", "/amount/amount", 299.99}},
    {"orderflow.payment.capture.v1", {"money below zero", "/amount/amount", -1}},
    {"orderflow.payment.undo_capture.v1", {"no account", "/account_id", nullptr}},
    {"orderflow.payment.refund.v1", {"a currency in words", "/amount/currency", "dollars"}},
    {"orderflow.delivery.schedule.v1", {"an address as text", "/address", "1 Main Street"}},
    {"orderflow.delivery.cancel.v1", {"no order", "/order_id", nullptr}},
    {"orderflow.delivery.report_acknowledged.v1", {"a number for an id", "/delivery_id", 7}},
    {"orderflow.order.event.v1", {"a sequence of zero", "/sequence", 0}},
    {"orderflow.order.event.v1", {"an unknown status", "/status", "LOST"}},
    {"orderflow.message.headers.v1", {"another version", "/ce_specversion", "0.3"}},
    {"orderflow.message.headers.v1", {"no correlation id", "/correlation_id", nullptr}},
};

json example_of(const std::string& name, const json& schema) {
  if (name != "orderflow.message.headers.v1") return schema.at("examples").at(0);
  json headers = json::object();
  for (const auto& [key, value] : events::encode(events::OrderPlaced{kOrder}, kTo).headers) {
    headers[key] = value;
  }
  return headers;
}

TEST_CASE("each schema takes its examples and refuses what is broken") {
  for (const auto& entry :
       std::filesystem::directory_iterator(ORDERFLOW_SOURCE_DIR "/schemas/json")) {
    const std::string name = entry.path().stem().string();
    INFO(name);
    const json document = read_schema(name);
    const JsonSchema schema(document);
    const json example = example_of(name, document);
    CHECK(schema.problems(example).empty());
    const auto [begin, end] = kBroken.equal_range(name);
    CHECK(begin != end);
    for (auto it = begin; it != end; ++it) {
      const Broken& broken = it->second;
      INFO(broken.what);
      json value = example;
      if (broken.value.is_null()) {
        value.erase(std::string(broken.pointer).substr(1));
      } else {
        value[json::json_pointer(broken.pointer)] = broken.value;
      }
      CHECK_FALSE(schema.problems(value).empty());
    }
  }
}

template <typename Messages, std::size_t... Index>
std::vector<std::string> types_of(std::index_sequence<Index...>) {
  return {std::string(std::variant_alternative_t<Index, Messages>::kType)...};
}

template <typename Messages>
void check_documented() {
  const std::string document = source_text("schemas/asyncapi/asyncapi.yaml");
  constexpr std::size_t kCount = std::variant_size_v<Messages>;
  for (const auto& type : types_of<Messages>(std::make_index_sequence<kCount>{})) {
    INFO(type);
    CHECK(std::filesystem::exists(ORDERFLOW_SOURCE_DIR "/schemas/json/" + type + ".json"));
    CHECK(document.find("name: " + type + "\n") != std::string::npos);
    CHECK(document.find("json/" + type + ".json'") != std::string::npos);
  }
}

TEST_CASE("every message has a schema and stands in asyncapi.yaml") {
  check_documented<events::InboxMessage>();
  check_documented<events::PaymentCommand>();
  check_documented<events::DeliveryCommand>();
}

}  // namespace
}  // namespace orderflow
