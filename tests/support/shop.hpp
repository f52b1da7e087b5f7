#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/system.hpp"

namespace orderflow::testing {

using Json = nlohmann::json;

// The words the tests are written in: what a customer or an operator does over HTTP.
class Shop {
 public:
  explicit Shop(const HttpClient& http) : http_(http) {}
  explicit Shop(System& system) : http_(system.http()) {}

  // Ids of the seeded people and products.
  [[nodiscard]] std::string user(const std::string& username) const;

  [[nodiscard]] std::string new_user(std::int64_t opening = 1'000'000) const;
  [[nodiscard]] std::string new_product(std::int64_t price, bool available = true) const;
  [[nodiscard]] std::int64_t balance(const std::string& user_id) const;

  // A sound body for POST /orders.
  [[nodiscard]] static Json order_body(const std::string& user_id, const std::string& product_id,
                                       int quantity = 1);

  // The same, of a new product of 10.00, with what the simulated carrier is to do in its address.
  [[nodiscard]] Json body_with_line2(const std::string& user_id, const std::string& line2) const;

  // Places it and returns its id; anything but a sound 202 fails the test.
  [[nodiscard]] std::string place(const Json& body, const Headers& headers = {}) const;
  [[nodiscard]] std::string place(const std::string& user_id, const std::string& product_id,
                                  int quantity = 1) const;
  // From a new user of enough means, one product of 10.00.
  [[nodiscard]] std::string place() const;

  [[nodiscard]] Json order(const std::string& id) const;
  [[nodiscard]] Json status(const std::string& id) const;
  [[nodiscard]] std::vector<Json> history(const std::string& id) const;
  // Types of the history, e.g. {"OrderPlaced", "PaymentCaptured", ...}.
  [[nodiscard]] std::vector<std::string> event_types(const std::string& id) const;

  void await_status(const std::string& id, const std::string& status) const;
  // Waits until the status is terminal and nothing more will happen by itself; returns it.
  [[nodiscard]] std::string await_end(const std::string& id) const;

  // A request on an order, e.g. ask(id, "cancel"): must be 202; returns the job's id.
  [[nodiscard]] std::string ask(const std::string& id, const std::string& verb,
                                const Json& body = nullptr) const;
  [[nodiscard]] Json job(const std::string& id) const;
  // Waits until it is done or refused.
  [[nodiscard]] Json await_job(const std::string& id) const;

  [[nodiscard]] std::string refund(const std::string& payment_id, const Json& amount) const;

  [[nodiscard]] const HttpClient& http() const { return http_; }

 private:
  HttpClient http_;
};

// The job's id out of an answer's Location.
[[nodiscard]] std::string job_of(const Answer& answer);
[[nodiscard]] Json money(std::int64_t amount, const std::string& currency = "USD");
// A key nobody has used.
[[nodiscard]] std::string fresh_key();

}  // namespace orderflow::testing
