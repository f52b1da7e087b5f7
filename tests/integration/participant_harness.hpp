#pragma once

#include <map>
#include <string>
#include <vector>

#include "consumers/runtime/partition_handler.hpp"
#include "core/kafka/consumer.hpp"
#include "core/kafka/embedded_broker.hpp"
#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/pg/session.hpp"
#include "core/values/shard.hpp"
#include "events/codec.hpp"
#include "schemas/migrate.hpp"
#include "tests/support/database.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/settings.hpp"

namespace orderflow::testing {

inline constexpr std::int32_t kPartitions = 4;

// A migrated database of a test's own.
class MigratedDatabase {
 public:
  MigratedDatabase()
      : database_(required_variable("ORDERFLOW_TEST_DATABASE_URL")),
        settings_(settings_from({{"DATABASE_URL", database_.url()},
                                 {"ORDERFLOW_PARTITIONS", std::to_string(kPartitions)}})) {
    core::Logger logger("migrate", core::LogLevel::kError);
    schemas::run_migrate(settings_, logger);
  }
  [[nodiscard]] const core::Settings& settings() const { return settings_; }
  [[nodiscard]] const std::string& url() const { return database_.url(); }
  [[nodiscard]] Database sql() const { return Database(database_.url()); }

 private:
  TestDatabase database_;
  core::Settings settings_;
};

// Turns messages into what a consumer would be handed, by sending them through an embedded broker.
class MessageMill {
 public:
  explicit MessageMill(std::string topic)
      : topic_(std::move(topic)),
        logger_("mill", core::LogLevel::kError),
        broker_(ports_.port(0), {{topic_, kPartitions, 1}}, logger_),
        options_{"127.0.0.1:" + std::to_string(ports_.port(0)), "mill", {}},
        producer_(options_, logger_, [](const core::SendReport&) {}),
        consumer_(options_, logger_, topic_, "", nullptr) {
    std::vector<core::PartitionOffset> positions;
    for (std::int32_t p = 0; p < kPartitions; ++p) positions.push_back({p, 0});
    consumer_.assign(positions);
  }

  // In the order given for each key.
  std::vector<core::KafkaMessage> pass(const std::vector<core::OutgoingMessage>& messages) {
    for (const auto& message : messages) {
      while (producer_.send(message, 0) == core::Sent::kQueueFull) {
        producer_.poll(std::chrono::milliseconds{10});
      }
    }
    producer_.flush(std::chrono::seconds{20});
    std::vector<core::KafkaMessage> received;
    // Bounded by the test's own time limit.
    while (received.size() < messages.size()) {
      auto polled = consumer_.poll(std::chrono::milliseconds{100});
      if (polled.message) received.push_back(std::move(*polled.message));
    }
    return received;
  }

 private:
  std::string topic_;
  core::Logger logger_;
  PortBlock ports_;
  core::EmbeddedBroker broker_;
  core::KafkaOptions options_;
  core::KafkaProducer producer_;
  core::KafkaConsumer consumer_;
};

// Drives a handler as the owner loop does, without its offsets: prepare, transaction, committed.
class HandlerDriver {
 public:
  HandlerDriver(consumers::PartitionHandler& handler, const std::string& url,
                const std::string& role)
      : handler_(handler),
        session_(core::DatabaseUrl(url),
                 {"test", role, std::chrono::seconds{30}, std::chrono::seconds{5}, true}) {
    for (std::int32_t p = 0; p < kPartitions; ++p) grants_[p].partition = p;
    (void)grant();
  }
  // Once more: what is in the database is read.
  std::vector<producers::Outgoing> grant() {
    return handler_.granted(grants_, grants_, kPartitions, session_);
  }

  core::Time now{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
  std::set<std::int32_t> stuck;
  consumers::Backlog::Ages ages;
  std::vector<consumers::DeadLetter> dead_letters;
  std::set<std::int32_t> touched;

  consumers::TransactionDraft prepare(const std::vector<core::KafkaMessage>& messages) {
    std::vector<const core::KafkaMessage*> pointers;
    for (const auto& message : messages) pointers.push_back(&message);
    return handler_.prepare({pointers, true, now, grants_, stuck, ages, kPartitions}, session_);
  }
  std::vector<producers::Outgoing> commit(const consumers::TransactionDraft& draft) {
    dead_letters = draft.dead_letters;
    touched = draft.touched;
    if (!draft.calls.empty()) (void)session_.transaction(draft.calls);
    for (auto& [partition, grant] : grants_) ++grant.batch_no;
    return handler_.committed(grants_);
  }
  std::vector<producers::Outgoing> run(const std::vector<core::KafkaMessage>& messages) {
    return commit(prepare(messages));
  }
  // Kafka refuses these messages for good.
  std::vector<producers::Outgoing> refuse(const std::vector<producers::Refused>& refused) {
    return commit(handler_.prepare_refused({{}, false, now, grants_, stuck, ages, kPartitions},
                                           refused, session_));
  }
  core::PgSession& session() { return session_; }
  [[nodiscard]] const consumers::Grants& grants() const { return grants_; }

 private:
  consumers::PartitionHandler& handler_;
  core::PgSession session_;
  consumers::Grants grants_;
};

// The statement's plan as a session of the hot path makes it, on whatever the tables hold.
inline std::string plan_of(const core::PgStatement& statement, const std::string& url) {
  const std::string sql = statement.sql;
  int parameters = 0;
  for (int n = 1; sql.find("$" + std::to_string(n)) != std::string::npos; ++n) parameters = n;
  std::string nulls;
  for (int n = 0; n < parameters; ++n) nulls += n == 0 ? "NULL" : ", NULL";
  const Database database(url);
  std::string plan;
  for (const auto& row : database.rows(
           "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
           "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off;"
           "PREPARE looked_at AS " +
           sql + "; EXPLAIN EXECUTE looked_at(" + nulls + ")")) {
    plan += row.at(0).value_or("") + "\n";
  }
  return plan;
}

}  // namespace orderflow::testing
