#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace orderflow::testing {

// What a stranger makes of the messages of orders.events: drops a sequence it has seen, and notes
// whatever breaks a promise of the documentation: a gap, a status that must not follow, a header
// that is missing. A plain value; one thread at a time.
class EventChecker {
 public:
  struct Event {
    std::int64_t sequence = 0;
    std::string type;
    std::string status;
    nlohmann::json body;
  };

  void take(const std::string& key, const std::string& body,
            const std::map<std::string, std::string>& headers);

  // From now on a gap is no broken promise: a broker has forgotten what nobody had read.
  void allow_gaps() { gaps_allowed_ = true; }
  [[nodiscard]] bool gaps_allowed() const { return gaps_allowed_; }

  [[nodiscard]] const std::map<std::string, std::vector<Event>>& orders() const { return orders_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::int64_t duplicates() const { return duplicates_; }

 private:
  void note(const std::string& violation) { violations_.push_back(violation); }
  void take_event(const std::string& order_id, Event event);

  std::map<std::string, std::vector<Event>> orders_;
  std::vector<std::string> violations_;
  std::int64_t duplicates_ = 0;
  bool gaps_allowed_ = false;
};

}  // namespace orderflow::testing
