#include "tests/support/outside_consumer.hpp"

#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/kafka_tool.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

constexpr std::size_t kViolationsShown = 20;

std::string text_of(const void* data, std::size_t size) {
  return data == nullptr ? std::string{} : std::string(static_cast<const char*>(data), size);
}

std::map<std::string, std::string> headers_of(const rd_kafka_message_t* message) {
  std::map<std::string, std::string> out;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    out[name] = text_of(value, size);
  }
  return out;
}

}  // namespace

// One life of the Kafka client: from the beginning of every partition on.
class OutsideConsumer::Reader {
 public:
  Reader(const std::string& bootstrap, std::string topic) : topic_(std::move(topic)) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char error[256];
    const auto set = [&](const char* name, const std::string& value) {
      rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error);
    };
    set("bootstrap.servers", bootstrap);
    set("group.id", "a-stranger");
    set("enable.auto.commit", "false");
    set("auto.offset.reset", "earliest");
    set("fetch.wait.max.ms", "50");
    set("reconnect.backoff.max.ms", "500");
    set("log_level", "0");
    handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    if (handle_ != nullptr) rd_kafka_poll_set_consumer(handle_);
  }
  ~Reader() {
    if (handle_ == nullptr) return;
    rd_kafka_assign(handle_, nullptr);
    // On a thread that nobody waits for: when its topic vanished with a wiped broker, librdkafka
    // 2.0.2 never comes back from this.
    std::thread([handle = handle_] {
      rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }).detach();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // False while the broker does not answer or has no such topic.
  bool assign() {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle_, 1, nullptr, &metadata, 500) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return false;
    }
    auto* list = rd_kafka_topic_partition_list_new(8);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      if (metadata->topics[i].topic != topic_) continue;
      for (int p = 0; p < metadata->topics[i].partition_cnt; ++p) {
        rd_kafka_topic_partition_list_add(list, topic_.c_str(), p)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
      }
    }
    rd_kafka_metadata_destroy(metadata);
    const bool found = list->cnt > 0;
    if (found) rd_kafka_assign(handle_, list);
    rd_kafka_topic_partition_list_destroy(list);
    return found;
  }

  rd_kafka_message_t* poll() { return rd_kafka_consumer_poll(handle_, 50); }

 private:
  std::string topic_;
  rd_kafka_t* handle_ = nullptr;
};

OutsideConsumer::OutsideConsumer(std::string bootstrap_servers, std::string topic)
    : bootstrap_(std::move(bootstrap_servers)), topic_(std::move(topic)) {
  thread_ = std::thread([this] { run(); });
}

OutsideConsumer::~OutsideConsumer() {
  stop_ = true;
  thread_.join();
}

void OutsideConsumer::run() {
  while (!stop_) {
    const int generation = generation_;
    {
      const std::lock_guard lock(mutex_);
      next_offsets_.clear();
    }
    reading_generation_ = generation;
    Reader reader(bootstrap_, topic_);
    // A wiped broker has no topics until the program makes them again.
    while (!stop_ && generation == generation_ && !reader.assign()) {
    }
    while (!stop_ && generation == generation_) {
      rd_kafka_message_t* message = reader.poll();
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::lock_guard lock(mutex_);
        checker_.take(text_of(message->key, message->key_len),
                      text_of(message->payload, message->len), headers_of(message));
        next_offsets_[message->partition] = message->offset + 1;
      }
      rd_kafka_message_destroy(message);
    }
  }
}

void OutsideConsumer::start_again(bool may_miss) {
  {
    const std::lock_guard lock(mutex_);
    if (may_miss) checker_.allow_gaps();
  }
  const int wanted = ++generation_;
  wait_until("the outside consumer starts again", [&] { return reading_generation_ == wanted; });
}

void OutsideConsumer::catch_up() {
  const auto marks = KafkaTool(bootstrap_, "").watermarks(topic_);
  wait_until("the outside consumer reads what is there", [&] {
    const std::lock_guard lock(mutex_);
    for (std::size_t p = 0; p < marks.size(); ++p) {
      const auto found = next_offsets_.find(static_cast<std::int32_t>(p));
      const auto next = found == next_offsets_.end() ? marks[p].first : found->second;
      if (next < marks[p].second) return false;
    }
    return true;
  });
}

std::string OutsideConsumer::difference(const std::string& order_id,
                                        const nlohmann::json& history) const {
  bool may_miss = false;
  {
    const std::lock_guard lock(mutex_);
    may_miss = checker_.gaps_allowed();
  }
  if (!may_miss) {
    // What has not come by then is named below.
    (void)holds_within(kPatience, [&] { return events_of(order_id).size() >= history.size(); });
  }
  std::map<std::int64_t, std::size_t> seen;
  for (const auto& event : events_of(order_id)) seen[event.sequence] = event.history;
  for (const auto& row : history) {
    const auto found = seen.find(row.at("sequence").get<std::int64_t>());
    if (found == seen.end()) {
      if (!may_miss) return "order " + order_id + ": not published: " + row.dump();
    } else if (found->second != EventChecker::history_digest(row)) {
      return "order " + order_id + ": orders.events says something else than the history, which " +
             "says " + row.dump();
    }
  }
  return {};
}

void OutsideConsumer::verify_no_violations() {
  const std::lock_guard lock(mutex_);
  const auto& violations = checker_.violations();
  if (violations.empty()) return;
  std::string all;
  for (std::size_t i = 0; i < violations.size() && i < kViolationsShown; ++i) {
    all += violations[i] + "\n";
  }
  FAIL("orders.events broke its promises " << violations.size() << " times:\n" << all);
}

std::vector<OutsideConsumer::Event> OutsideConsumer::events_of(const std::string& order_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = checker_.orders().find(order_id);
  return found == checker_.orders().end() ? std::vector<Event>{} : found->second.events;
}

std::size_t OutsideConsumer::orders_seen() const {
  const std::lock_guard lock(mutex_);
  return checker_.orders().size();
}

}  // namespace orderflow::testing
