#include "core/kafka/admin.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/kafka/producer.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

// A short-lived client for metadata and administration.
class Admin {
 public:
  Admin(const KafkaOptions& options, Logger& logger)
      : producer_(options, logger, nullptr), handle_(producer_.handle()) {}

  // Partition counts by topic; empty when the cluster does not answer.
  std::optional<std::map<std::string, std::int32_t>> topics(Duration timeout) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle_, 1, nullptr, &metadata, to_ms(timeout)) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::nullopt;
    }
    std::map<std::string, std::int32_t> counts;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      counts[metadata->topics[i].topic] = metadata->topics[i].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return counts;
  }

  // Whether it worked, metadata tells; returned is why it never will.
  std::optional<Refusal> create(const TopicSpec& spec, Duration timeout) {
    char error[256];
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
        spec.name.c_str(), spec.partitions, spec.replication_factor, error, sizeof error);
    if (topic == nullptr) throw BadConfiguration("topic " + spec.name + ": " + error);
    // The broker's clock stamps messages: ours may be wrong, or too late for what the topic allows.
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_);
    rd_kafka_CreateTopics(handle_, &topic, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, to_ms(timeout));
    std::optional<Refusal> refusal;
    if (event != nullptr) {
      refusal = refusal_of(creation_error(event), spec.name);
      rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return refusal;
  }

  // Empty when it worked, else what the broker says.
  std::string grow(const std::string& topic, std::int32_t partitions, Duration timeout) {
    char error[256];
    rd_kafka_NewPartitions_t* wanted = rd_kafka_NewPartitions_new(
        topic.c_str(), static_cast<std::size_t>(partitions), error, sizeof error);
    if (wanted == nullptr) return error;
    rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_);
    rd_kafka_CreatePartitions(handle_, &wanted, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, to_ms(timeout));
    std::string problem = event == nullptr ? "no answer" : outcome_of(event);
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(wanted);
    return problem;
  }

 private:
  static rd_kafka_resp_err_t creation_error(rd_kafka_event_t* event) {
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreateTopics_result(event);
    const auto** topics =
        result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
    return count == 0 ? rd_kafka_event_error(event) : rd_kafka_topic_result_error(topics[0]);
  }

  static std::string outcome_of(rd_kafka_event_t* event) {
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return rd_kafka_event_error_string(event);
    }
    const auto* result = rd_kafka_event_CreatePartitions_result(event);
    std::size_t count = 0;
    const auto** topics = rd_kafka_CreatePartitions_result_topics(result, &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = rd_kafka_topic_result_error(topics[i]);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2str(code);
    }
    return {};
  }

  KafkaProducer producer_;
  rd_kafka_t* handle_;
};

constexpr Duration kGrowTimeout = std::chrono::seconds{15};
constexpr Duration kAttemptTimeout = std::chrono::seconds{3};
constexpr Duration kKeepInterval = std::chrono::seconds{2};
constexpr Duration kLookAgain = std::chrono::milliseconds{200};
constexpr const char* kComponent = "topics";

// The names of topics that were not there or had too few partitions, after each was asked for.
std::string complete(Admin& admin, const std::map<std::string, std::int32_t>& existing,
                     const std::vector<TopicSpec>& wanted, Logger& logger) {
  std::string missing;
  for (const auto& spec : wanted) {
    const auto found = existing.find(spec.name);
    const std::int32_t has = found == existing.end() ? 0 : found->second;
    if (has >= spec.partitions || (has > 0 && !spec.owned)) continue;
    missing += (missing.empty() ? "" : ", ") + spec.name;
    logger.info("creating topic",
                {{"topic", spec.name}, {"partitions", spec.partitions}, {"before", has}});
    if (has == 0) {
      if (const auto refusal = admin.create(spec, kAttemptTimeout)) {
        throw Unavailable(refusal->text());
      }
      continue;
    }
    const auto problem = admin.grow(spec.name, spec.partitions, kAttemptTimeout);
    if (problem.empty()) continue;
    throw Unavailable("topic " + spec.name + " has " + std::to_string(has) + " of " +
                      std::to_string(spec.partitions) + " partitions: " + problem);
  }
  return missing;
}

}  // namespace

TopicKeeper::TopicKeeper(KafkaOptions options, Health& health, Logger& logger, Topics topics)
    : options_(std::move(options)), health_(health), logger_(logger), topics_(std::move(topics)) {
  health_.expect(kComponent);
  thread_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
}

TopicKeeper::~TopicKeeper() = default;

void TopicKeeper::keep(const std::stop_token& stop) {
  std::optional<Admin> admin;
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    Duration pause = kKeepInterval;
    try {
      if (!admin) admin.emplace(options_, logger_);
      const auto wanted = topics_();
      if (const auto existing = admin->topics(kAttemptTimeout)) {
        const std::string missing = complete(*admin, *existing, wanted, logger_);
        health_.set(kComponent, missing.empty(),
                    missing.empty() ? "" : "being created: " + missing);
        if (!missing.empty()) pause = kLookAgain;
      }
    } catch (const std::exception& problem) {
      // The database is silent, or it is the settings: a role that needs them ends the process.
      health_.set(kComponent, false, problem.what());
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, pause, [] { return false; });
  }
}

void ensure_partitions(const KafkaOptions& options, Logger& logger, const std::string& topic,
                       std::int32_t partitions) {
  Admin admin(options, logger);
  const auto existing = admin.topics(kGrowTimeout);
  if (!existing) throw Unavailable("Kafka does not answer; check KAFKA_BOOTSTRAP_SERVERS");
  const auto found = existing->find(topic);
  if (found == existing->end()) throw BadConfiguration("there is no topic " + topic);
  if (found->second >= partitions) return;
  const auto problem = admin.grow(topic, partitions, kGrowTimeout);
  if (!problem.empty()) {
    throw BadConfiguration("topic " + topic + " cannot get " + std::to_string(partitions) +
                           " partitions: " + problem +
                           "; the embedded broker's topics cannot grow, a real Kafka's can");
  }
}

}  // namespace orderflow::core
