#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
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
#include "core/settings/settings.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/uuid.hpp"
#include "events/topics.hpp"

namespace orderflow::http_api {

// Tells the owners on orders.inbox what was just committed. Every message is a notification only:
// the rows say the same, and owners read them a little later anyway. So nothing here ever blocks or
// fails an answer: when Kafka is away and the queue is full, notifications are dropped and counted.
// Safe from any thread; one thread sends.
class OwnerNotifier {
 public:
  OwnerNotifier(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics);
  ~OwnerNotifier();  // stop()
  OwnerNotifier(const OwnerNotifier&) = delete;
  OwnerNotifier& operator=(const OwnerNotifier&) = delete;

  void order_placed(const core::ShardKey& order_id, const core::Trace& trace);
  void request_made(const core::Uuid& request_id, const core::ShardKey& order_id,
                    const std::string& kind, const core::Trace& trace);

  // Sends what is queued, for a moment, and ends the thread.
  void stop();

 private:
  // Before it is encoded. Without a request it says that an order was placed.
  struct Notification {
    core::ShardKey order_id;
    core::Uuid request_id;
    std::string kind;
    core::Trace trace;
  };

  void push(Notification notification);
  void run(const std::stop_token& stop);
  void refresh_installation();
  void renew_producer();
  void on_report(const core::SendReport& report);
  void send(const std::deque<Notification>& notifications);
  [[nodiscard]] core::OutgoingMessage encode(const Notification& notification) const;

  core::KafkaOptions options_;
  events::Topics topics_;
  core::Logger& logger_;
  prometheus::Counter& dropped_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Notification> queue_;
  // The thread's own:
  core::PgSession session_;
  std::int32_t partition_count_ = 0;  // As last read; 0: never.
  std::string installation_;          // Its id; empty while it is not known.
  core::SteadyTime next_refresh_{};
  std::unique_ptr<core::KafkaProducer> producer_;
  core::SteadyTime next_renewal_{};
  std::set<std::string> refused_;  // Errors that were told.
  // None once the topic has refused those of our clock.
  core::KafkaProducer::Timestamp timestamp_ = core::KafkaProducer::Timestamp::kNow;
  std::jthread thread_;
};

}  // namespace orderflow::http_api
