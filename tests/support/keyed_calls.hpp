#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/shop.hpp"

namespace orderflow::testing {

// A request to a route that takes an Idempotency-Key.
struct KeyedCall {
  std::string path;
  Json body;
};

// For each such route a call that is accepted, prepared anew each time: the same order, user or
// dead letter is never asked twice by two of them.
class KeyedCalls {
 public:
  explicit KeyedCalls(System& system) : system_(system), shop_(system) {}

  struct Recipe {
    std::function<KeyedCall(KeyedCalls&)> prepare;
    // The status to the same call under another key, once what the first one asked for has
    // happened: the state has moved on.
    int status_later = 0;
  };
  // By OpenAPI's name of the route: "/orders/{id}/confirm".
  [[nodiscard]] static const std::map<std::string, Recipe>& recipes();

  [[nodiscard]] Answer send(const KeyedCall& call, const std::string& key) const;
  [[nodiscard]] std::optional<Answer> try_send(const KeyedCall& call, const std::string& key) const;
  // Until what an accepted call asked for has happened.
  void await_effect(const KeyedCall& call, const Answer& accepted) const;
  // Ends what was prepared to stand still.
  void tidy();

  // Parts of recipes.
  [[nodiscard]] const Shop& shop() const { return shop_; }
  [[nodiscard]] std::string draft();
  [[nodiscard]] std::string standing_still();        // waits for a carrier that is silent
  [[nodiscard]] std::string paused();                // the same, for a person
  [[nodiscard]] std::string paused_after_payment();  // its payment's reply is not believed yet
  [[nodiscard]] std::string failed_for_lack_of_money();
  [[nodiscard]] std::string dead_letter();
  [[nodiscard]] std::string held_order();  // Kafka is said to refuse its last event
  void operate(const std::string& order, const std::string& verb) const;

 private:
  System& system_;
  Shop shop_;
  std::vector<std::string> waiting_;  // orders that end by tidy()
};

}  // namespace orderflow::testing
