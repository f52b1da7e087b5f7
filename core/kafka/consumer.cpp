#include "core/kafka/consumer.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

constexpr std::chrono::seconds kCloseTimeout{1};
constexpr std::chrono::milliseconds kClosePoll{20};

std::string name_of(rd_kafka_resp_err_t error) { return rd_kafka_err2str(error); }

}  // namespace

KafkaConsumer::KafkaConsumer(const KafkaOptions& options, Logger& logger, std::string topic,
                             std::string group, RebalanceListener* listener)
    : logger_(logger), topic_(std::move(topic)), group_(std::move(group)), listener_(listener) {
  rd_kafka_conf_t* conf = KafkaClient::base_conf(options);
  const auto set = KafkaClient::set;
  set(conf, "group.id", group_.empty() ? "orderflow-unused" : group_);
  set(conf, "partition.assignment.strategy", "range");  // Eager: a grant covers all it names.
  set(conf, "enable.auto.commit", "false");             // Offsets live beside the results.
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "auto.offset.reset", "error");  // A forgotten offset must be noticed.
  // Nobody of ours uses transactions: a stranger's, left open, must not hold up what is behind it.
  set(conf, "isolation.level", "read_uncommitted");
  // The embedded broker's groups do not form with less, a real one refuses less.
  set(conf, "session.timeout.ms", "6000");
  set(conf, "heartbeat.interval.ms", "1500");
  set(conf, "max.poll.interval.ms", "60000");
  set(conf, "fetch.wait.max.ms", std::to_string(to_ms(options.fetch_wait)));
  set(conf, "fetch.error.backoff.ms", "50");
  // With this much in hand librdkafka 2.0 stops asking, and looks again only after a second,
  // however little is left by then (its issue 2879): so it must be more than an owner handles in a
  // second.
  set(conf, "queued.min.messages", "100000");
  set(conf, "queued.max.messages.kbytes", "32768");  // Bounds the memory of a slow reader.
  set(conf, "enable.partition.eof", "false");
  if (!group_.empty()) rd_kafka_conf_set_rebalance_cb(conf, &KafkaConsumer::on_rebalance);
  client_.emplace(RD_KAFKA_CONSUMER, conf, logger, this);
  rd_kafka_poll_set_consumer(handle());
}

void KafkaConsumer::join() {
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const auto error = rd_kafka_subscribe(handle(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("cannot subscribe to " + topic_ + ": " + name_of(error));
  }
}

// Leaves the group, so that others need not wait for its session to end; not for longer than that,
// since a cluster that misbehaves is just when a consumer is replaced. What closing reports is of
// no use any more: whoever owns partitions next is granted them anew.
KafkaConsumer::~KafkaConsumer() {
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle());
  rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(handle(), queue);
  const auto deadline = std::chrono::steady_clock::now() + kCloseTimeout;
  if (refused == nullptr) {
    while (!rd_kafka_consumer_closed(handle()) && std::chrono::steady_clock::now() < deadline) {
      // As events: messages that nobody has read come along, which callbacks do not take.
      rd_kafka_event_t* event = rd_kafka_queue_poll(queue, static_cast<int>(kClosePoll.count()));
      if (event == nullptr) continue;
      if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
        rd_kafka_assign(handle(), nullptr);
      }
      rd_kafka_event_destroy(event);
    }
  } else {
    rd_kafka_error_destroy(refused);
  }
  rd_kafka_queue_destroy(queue);
}

void KafkaConsumer::on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* listener = KafkaClient::owner<KafkaConsumer>(opaque).listener_;
  if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    listener->on_revoked();
    rd_kafka_assign(handle, nullptr);
    return;
  }
  std::vector<std::int32_t> assigned;
  for (int i = 0; i < partitions->cnt; ++i) assigned.push_back(partitions->elems[i].partition);
  listener->on_assigned(assigned);
  const PartitionList nothing_yet(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(handle, nothing_yet.get());
}

Polled KafkaConsumer::poll(Duration timeout) {
  rd_kafka_message_t* raw = rd_kafka_consumer_poll(handle(), to_ms(timeout));
  Polled polled;
  if (raw == nullptr) return polled;
  KafkaMessage message(raw);
  switch (raw->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      polled.outcome = PollOutcome::kMessage;
      polled.message = std::move(message);
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      polled.outcome = PollOutcome::kOffsetLost;
      polled.partition = raw->partition;
      break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: polled.outcome = PollOutcome::kTopicGone; break;
    default:
      polled.refusal = refusal_of(raw->err, topic_);
      logger_.debug("kafka consumer", {{"topic", topic_}, {"detail", name_of(raw->err)}});
  }
  return polled;
}

void KafkaConsumer::assign(std::span<const PartitionOffset> partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [partition, offset] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  rd_kafka_assign(handle(), nullptr);
  const auto error = rd_kafka_assign(handle(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("cannot read " + topic_ + ": " + name_of(error));
  }
}

void KafkaConsumer::unassign() { rd_kafka_assign(handle(), nullptr); }

std::pair<std::int64_t, std::int64_t> KafkaConsumer::watermarks(std::int32_t partition,
                                                                Duration timeout) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto error = rd_kafka_query_watermark_offsets(handle(), topic_.c_str(), partition, &low,
                                                      &high, to_ms(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("Kafka does not tell the offsets of " + topic_ + ": " + name_of(error));
  }
  return {low, high};
}

std::pair<std::int64_t, std::int64_t> KafkaConsumer::cached_watermarks(std::int32_t partition) {
  std::int64_t low = -1;
  std::int64_t high = -1;
  rd_kafka_get_watermark_offsets(handle(), topic_.c_str(), partition, &low, &high);
  return {std::max<std::int64_t>(low, -1), std::max<std::int64_t>(high, -1)};
}

std::string KafkaConsumer::cluster_id(Duration timeout) {
  char* id = rd_kafka_clusterid(handle(), to_ms(timeout));
  std::string text = id == nullptr ? "" : id;
  rd_kafka_mem_free(handle(), id);
  return text;
}

std::int32_t KafkaConsumer::partition_count(Duration timeout) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle(), topic_.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle(), 0, topic, &metadata, to_ms(timeout));
  std::int32_t count = 0;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
    count = metadata->topics[0].partition_cnt;
  }
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
  if (count == 0) throw Unavailable("Kafka does not know the topic " + topic_);
  return count;
}

std::vector<PartitionOffset> KafkaConsumer::end_offsets(Duration timeout) {
  const std::int32_t partitions = partition_count(timeout);
  const PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t p = 0; p < partitions; ++p) {
    // In place of a time: the end (ListOffsets, KIP-79).
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), p)->offset = RD_KAFKA_OFFSET_END;
  }
  const auto error = rd_kafka_offsets_for_times(handle(), list.get(), to_ms(timeout));
  std::vector<PartitionOffset> ends;
  for (const auto& entry : std::span(list->elems, static_cast<std::size_t>(list->cnt))) {
    const auto failure = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : entry.err;
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR || entry.offset < 0) {
      throw Unavailable("Kafka does not tell the end of " + topic_ + ": " + name_of(failure));
    }
    ends.push_back({entry.partition, entry.offset});
  }
  return ends;
}

}  // namespace orderflow::core
