#include "tests/support/event_checker.hpp"

#include <functional>
#include <set>

namespace orderflow::testing {
namespace {

constexpr const char* kHistoryFields[] = {"sequence", "type",           "time",
                                          "actor",    "correlation_id", "data"};

// What may follow what. An order is first heard of as DRAFT or PENDING_PAYMENT.
const std::map<std::string, std::set<std::string>>& transitions() {
  static const std::map<std::string, std::set<std::string>> allowed = {
      {"", {"DRAFT", "PENDING_PAYMENT"}},
      {"DRAFT", {"PENDING_PAYMENT", "CANCELLED"}},
      {"PENDING_PAYMENT", {"PAID", "PAYMENT_FAILED", "CANCELLING", "NEEDS_ATTENTION"}},
      {"PAYMENT_FAILED", {"PENDING_PAYMENT", "CANCELLED"}},
      {"PAID", {"DELIVERY_SCHEDULED", "CANCELLING", "NEEDS_ATTENTION"}},
      {"CANCELLING", {"CANCELLED", "DELIVERED", "NEEDS_ATTENTION"}},
      {"DELIVERY_SCHEDULED", {"DELIVERED"}},
      {"NEEDS_ATTENTION", {"PENDING_PAYMENT", "PAID", "CANCELLING"}},
      {"CANCELLED", {}},
      {"DELIVERED", {}},
  };
  return allowed;
}

bool may_follow(const std::string& before, const std::string& after) {
  if (before == after) return true;
  const auto found = transitions().find(before);
  return found != transitions().end() && found->second.contains(after);
}

// Equal values have equal texts: keys are sorted.
std::string text_of(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::size_t EventChecker::history_digest(const nlohmann::json& event) {
  std::string text;
  for (const char* field : kHistoryFields) {
    text += text_of(event.at(field)) + '\n';
  }
  return std::hash<std::string>{}(text);
}

void EventChecker::take(const std::string& key, const std::string& body,
                        const std::map<std::string, std::string>& headers) {
  const auto header = [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  };
  // Others may write to the topic by mistake (a test does); a sensible consumer passes them over.
  if (!header("ce_source").starts_with("/orderflow/")) return;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return note("a body that is not a JSON object: " + body);
  const auto id = json.value("order_id", "");
  for (const char* name : {"ce_id", "ce_time", "correlation_id", "traceparent"}) {
    if (header(name).empty()) note("order " + id + ": no header " + name);
  }
  if (header("ce_specversion") != "1.0") note("order " + id + ": ce_specversion is not 1.0");
  if (header("content-type") != "application/json") note("order " + id + ": content-type");
  const auto type = header("ce_type");
  if (!type.starts_with("orderflow.order.") || !type.ends_with(".v1")) note("ce_type " + type);
  if (header("ce_subject") != id || key != id) note("order " + id + ": subject and key differ");
  if (header("ce_sequence") != std::to_string(json.value("sequence", std::int64_t{0}))) {
    note(id + ": ce_sequence differs");
  }
  for (const char* field : kHistoryFields) {
    if (!json.contains(field)) return note("order " + id + ": no field " + field);
  }
  take_event(id, json);
}

void EventChecker::take_event(const std::string& order_id, const nlohmann::json& body) {
  const auto sequence = body.value("sequence", std::int64_t{0});
  const auto status = body.value("status", "");
  const auto digest = std::hash<std::string>{}(text_of(body));
  auto& [events, last_status] = orders_[order_id];
  const std::int64_t last = events.empty() ? 0 : events.back().sequence;
  if (sequence <= last) {
    ++duplicates_;
    for (const auto& known : events) {
      if (known.sequence == sequence && known.body != digest) {
        note(order_id + ": sequence " + std::to_string(sequence) +
             " came twice with different content");
      }
    }
    return;
  }
  if (sequence != last + 1) {
    if (!gaps_allowed_) {
      note(order_id + ": sequence " + std::to_string(sequence) + " came after " +
           std::to_string(last));
    }
  } else if (!may_follow(last_status, status)) {
    note(order_id + ": status " + status + " (" + body.value("type", "") + ") came after '" +
         last_status + "'");
  }
  events.push_back({sequence, digest, history_digest(body)});
  last_status = status;
}

}  // namespace orderflow::testing
