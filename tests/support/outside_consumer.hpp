#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/event_checker.hpp"

namespace orderflow::testing {

// A consumer of orders.events as a stranger would write one from the documentation alone:
// librdkafka and JSON, nothing of Orderflow. It reads every partition from the beginning, drops a
// sequence it has seen, and notes whatever breaks a promise: a gap, a status that must not follow,
// a header that is missing. It runs on a thread of its own beside every test of the whole system.
class OutsideConsumer {
 public:
  using Event = EventChecker::Event;

  OutsideConsumer(std::string bootstrap_servers, std::string topic);
  ~OutsideConsumer();
  OutsideConsumer(const OutsideConsumer&) = delete;
  OutsideConsumer& operator=(const OutsideConsumer&) = delete;

  // Reads again from the beginning, as a stranger must whose broker has lost its log. `may_miss`:
  // events that nobody had read when the broker forgot them are gone, so gaps are no broken
  // promise.
  void start_again(bool may_miss);

  // Waits until everything is read that the topic holds now.
  void catch_up();

  // Waits until the order's whole history (as the API tells it) has come, and compares. What
  // differs, empty when nothing does. From any thread.
  [[nodiscard]] std::string difference(const std::string& order_id,
                                       const nlohmann::json& history) const;

  // Fails the test when anything broke a promise.
  void verify_no_violations();

  [[nodiscard]] std::vector<Event> events_of(const std::string& order_id) const;
  [[nodiscard]] std::size_t orders_seen() const;

 private:
  class Reader;

  void run();

  std::string bootstrap_;
  std::string topic_;
  mutable std::mutex mutex_;
  EventChecker checker_;
  std::map<std::int32_t, std::int64_t> next_offsets_;
  std::atomic<int> generation_{0};  // Raised by start_again().
  std::atomic<int> reading_generation_{-1};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace orderflow::testing
