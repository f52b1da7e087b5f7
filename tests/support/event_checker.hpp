#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace orderflow::testing {

// What a stranger makes of the messages of orders.events: drops a sequence it has seen, and notes
// whatever breaks a promise of the documentation: a gap, a status that must not follow, a header
// that is missing. Of an event it keeps digests only, so that the millions of a long run have room.
// A plain value; one thread at a time.
class EventChecker {
 public:
  struct Event {
    std::int64_t sequence = 0;
    std::size_t body = 0;     // Digest of everything: what a repeat must equal.
    std::size_t history = 0;  // history_digest(): what the API's history must equal.
  };
  struct Order {
    std::vector<Event> events;  // Each sequence once, as they came.
    std::string status;         // The last one's.
  };

  // Of the fields that an event of the topic and its row in the API's history have in common.
  // Throws when one is missing.
  [[nodiscard]] static std::size_t history_digest(const nlohmann::json& event);

  void take(const std::string& key, const std::string& body,
            const std::map<std::string, std::string>& headers);

  // From now on a gap is no broken promise: a broker has forgotten what nobody had read.
  void allow_gaps() { gaps_allowed_ = true; }
  [[nodiscard]] bool gaps_allowed() const { return gaps_allowed_; }

  [[nodiscard]] const std::map<std::string, Order>& orders() const { return orders_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::int64_t duplicates() const { return duplicates_; }

 private:
  void note(const std::string& violation) { violations_.push_back(violation); }
  void take_event(const std::string& order_id, const nlohmann::json& body);

  std::map<std::string, Order> orders_;
  std::vector<std::string> violations_;
  std::int64_t duplicates_ = 0;
  bool gaps_allowed_ = false;
};

}  // namespace orderflow::testing
