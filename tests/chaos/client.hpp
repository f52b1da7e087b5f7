#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/chaos/dice.hpp"
#include "tests/support/http_client.hpp"

namespace orderflow::chaos {

using testing::Answer;
using testing::Millis;

struct Product {
  std::string id;
  std::int64_t price = 0;
};

// What one customer does and what was promised to it. It keeps a record of its own of the answers
// it got, never from ours: which orders were accepted at which total, which requests, and by how
// much its balance was adjusted. Whatever is not answered is repeated with the same key, as the
// documentation tells clients to.
//
// run() has a thread to itself; everything else is read after it has ended.
class Client {
 public:
  struct Setup {
    std::string user_id;
    std::int64_t opening = 0;
    std::vector<Product> products;
    std::uint64_t seed = 0;
    Millis pause{0};  // Between two operations.
  };
  struct Job {
    std::string id;
    std::string kind;
    std::string order_id;
    std::int64_t amount = 0;
  };

  Client(Setup setup, std::uint16_t port)
      : setup_(std::move(setup)), session_(port), dice_(setup_.seed) {}

  // Until asked to stop or until so many orders of all clients are accepted; what was begun is then
  // finished, unless give_up() was called.
  void run(const std::stop_token& stop, std::atomic<std::int64_t>& accepted);
  void give_up() { given_up_ = true; }

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& orders() const { return totals_; }
  [[nodiscard]] const std::vector<Job>& jobs() const { return jobs_; }
  [[nodiscard]] std::int64_t adjusted() const { return adjusted_; }
  [[nodiscard]] std::int64_t repeats() const { return repeats_; }
  // What no answer may be.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  void place(std::atomic<std::int64_t>& accepted);
  void adjust();
  void follow_up();  // Looks at an order of its own and asks for what its state allows.
  void ask(const std::string& target, const nlohmann::json& body, Job job);
  // Repeats until there is an answer that decides; nothing after give_up().
  std::optional<Answer> insist(const std::string& method, const std::string& target,
                               const nlohmann::json& body = nullptr);
  void rest(const std::stop_token& stop, Millis pause);

  Setup setup_;
  testing::HttpSession session_;
  std::int64_t sent_ = 0;
  Dice dice_;
  std::map<std::string, std::int64_t> totals_;
  std::vector<std::string> ids_;  // In the order of acceptance.
  std::vector<Job> jobs_;
  std::int64_t adjusted_ = 0;
  std::int64_t repeats_ = 0;
  std::vector<std::string> problems_;
  std::atomic<bool> given_up_{false};
  std::mutex mutex_;
  std::condition_variable_any wake_;
};

}  // namespace orderflow::chaos
