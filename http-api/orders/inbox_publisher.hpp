#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/observe/trace.hpp"
#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "core/values/uuid.hpp"
#include "events/topics.hpp"

namespace orderflow::http_api {

// Tells the owners on orders.inbox what was just committed. Every message is a hint (the rows say
// the same a little later), so nothing here ever blocks or fails an answer: when Kafka is away and
// the queue is full, messages are dropped and counted. Safe from any thread; one thread sends.
class InboxPublisher {
 public:
  InboxPublisher(const core::Config& config, core::Logger& logger, core::Metrics& metrics);
  ~InboxPublisher();  // stop()
  InboxPublisher(const InboxPublisher&) = delete;
  InboxPublisher& operator=(const InboxPublisher&) = delete;

  void order_placed(const core::Uuid& order_id, const core::Trace& trace);
  void request_made(const core::Uuid& request_id, const core::Uuid& order_id,
                    const std::string& kind, const core::Trace& trace);

  // Sends what is queued, for a moment, and ends the thread.
  void stop();

 private:
  // A hint before it is encoded; without a request it says that an order was placed.
  struct Hint {
    core::Uuid order_id;
    core::Uuid request_id;
    std::string kind;
    core::Trace trace;
  };

  void push(Hint hint);
  void run(const std::stop_token& stop);
  void look_at_layout();
  void renew_producer();
  void send(const std::deque<Hint>& hints);
  [[nodiscard]] core::OutgoingMessage encode(const Hint& hint) const;

  core::KafkaOptions options_;
  events::Topics topics_;
  core::Logger& logger_;
  prometheus::Counter& dropped_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Hint> queue_;
  // The thread's own:
  core::PgSession session_;
  std::int32_t partition_count_ = 0;  // As the database said last; 0: it never did.
  core::SteadyTime next_look_{};
  std::unique_ptr<core::KafkaProducer> producer_;
  core::SteadyTime next_renewal_{};
  std::jthread thread_;
};

}  // namespace orderflow::http_api
