#include "tests/support/event_checker.hpp"

#include <set>
#include <utility>

namespace orderflow::testing {
namespace {

// What API.md allows. An order is first heard of as DRAFT or PENDING_PAYMENT.
const std::map<std::string, std::set<std::string>>& transitions() {
  static const std::map<std::string, std::set<std::string>> kTransitions = {
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
  return kTransitions;
}

bool may_follow(const std::string& before, const std::string& after) {
  if (before == after) return true;
  const auto found = transitions().find(before);
  return found != transitions().end() && found->second.contains(after);
}

}  // namespace

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
  Event event{json.value("sequence", std::int64_t{0}), json.value("type", ""),
              json.value("status", ""), json};
  if (header("ce_sequence") != std::to_string(event.sequence)) note(id + ": ce_sequence differs");
  take_event(id, std::move(event));
}

void EventChecker::take_event(const std::string& order_id, Event event) {
  auto& seen = orders_[order_id];
  const std::int64_t last = seen.empty() ? 0 : seen.back().sequence;
  if (event.sequence <= last) {
    ++duplicates_;
    for (const auto& known : seen) {
      if (known.sequence == event.sequence && known.body != event.body) {
        note(order_id + ": sequence " + std::to_string(event.sequence) +
             " came twice with different content");
      }
    }
    return;
  }
  const auto before = seen.empty() ? "" : seen.back().status;
  if (event.sequence != last + 1) {
    if (!gaps_allowed_) {
      note(order_id + ": sequence " + std::to_string(event.sequence) + " came after " +
           std::to_string(last));
    }
  } else if (!may_follow(before, event.status)) {
    note(order_id + ": status " + event.status + " (" + event.type + ") came after '" + before +
         "'");
  }
  seen.push_back(std::move(event));
}

}  // namespace orderflow::testing
