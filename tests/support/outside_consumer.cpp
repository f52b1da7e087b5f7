#include "tests/support/outside_consumer.hpp"

#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/support/kafka_tool.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

constexpr std::size_t kViolationsShown = 20;

// What API.md allows. An order is first heard of as DRAFT or PENDING_PAYMENT.
const std::map<std::string, std::set<std::string>>& transitions() {
  static const std::map<std::string, std::set<std::string>> kTransitions = {
      {"", {"DRAFT", "PENDING_PAYMENT"}},
      {"DRAFT", {"PENDING_PAYMENT", "CANCELLED"}},
      {"PENDING_PAYMENT", {"PAID", "PAYMENT_FAILED", "CANCELLING", "NEEDS_ATTENTION"}},
      {"PAYMENT_FAILED", {"PENDING_PAYMENT", "CANCELLED"}},
      {"PAID", {"DELIVERY_SCHEDULED", "CANCELLING", "NEEDS_ATTENTION"}},
      {"CANCELLING", {"CANCELLED", "DELIVERED", "NEEDS_ATTENTION"}},
      {"DELIVERY_SCHEDULED", {"DELIVERED"}},
      {"NEEDS_ATTENTION", {"PENDING_PAYMENT", "PAID", "CANCELLING"}},
      {"CANCELLED", {}},
      {"DELIVERED", {}},
  };
  return kTransitions;
}

bool may_follow(const std::string& before, const std::string& after) {
  if (before == after) return true;
  const auto found = transitions().find(before);
  return found != transitions().end() && found->second.contains(after);
}

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
    rd_kafka_consumer_close(handle_);
    rd_kafka_destroy(handle_);
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
    Reader reader(bootstrap_, topic_);
    while (!stop_ && generation == generation_ && !reader.assign()) {
    }
    reading_generation_ = generation;
    while (!stop_ && generation == generation_) {
      rd_kafka_message_t* message = reader.poll();
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        take(text_of(message->key, message->key_len), text_of(message->payload, message->len),
             headers_of(message));
        const std::lock_guard lock(mutex_);
        next_offsets_[message->partition] = message->offset + 1;
      }
      rd_kafka_message_destroy(message);
    }
  }
}

void OutsideConsumer::take(const std::string& key, const std::string& body,
                           const std::map<std::string, std::string>& headers) {
  const auto header = [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  };
  // Others may write to the topic by mistake (a test does); a sensible consumer passes them over.
  if (!header("ce_source").starts_with("/orderflow/")) return;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return note("a body that is not a JSON object: " + body);
  const auto id = json.value("order_id", "");
  for (const char* name : {"ce_id", "ce_time", "correlation_id", "traceparent"}) {
    if (header(name).empty()) note("order " + id + ": no header " + name);
  }
  if (header("ce_specversion") != "1.0") note("order " + id + ": ce_specversion is not 1.0");
  if (header("content-type") != "application/json") note("order " + id + ": content-type");
  const auto type = header("ce_type");
  if (!type.starts_with("orderflow.order.") || !type.ends_with(".v1")) note("ce_type " + type);
  if (header("ce_subject") != id || key != id) note("order " + id + ": subject and key differ");

  Event event{json.value("sequence", std::int64_t{0}), json.value("type", ""),
              json.value("status", ""), json};
  if (header("ce_sequence") != std::to_string(event.sequence)) note(id + ": ce_sequence differs");
  const std::lock_guard lock(mutex_);
  auto& seen = orders_[id];
  const std::int64_t last = seen.empty() ? 0 : seen.back().sequence;
  if (event.sequence <= last) {
    ++duplicates_;
    for (const auto& known : seen) {
      if (known.sequence == event.sequence && known.body != event.body) {
        violations_.push_back(id + ": sequence " + std::to_string(event.sequence) +
                              " came twice with different content");
      }
    }
    return;
  }
  const auto before = seen.empty() ? "" : seen.back().status;
  if (event.sequence != last + 1) {
    if (!may_miss_) {
      violations_.push_back(id + ": sequence " + std::to_string(event.sequence) + " came after " +
                            std::to_string(last));
    }
  } else if (!may_follow(before, event.status)) {
    violations_.push_back(id + ": status " + event.status + " (" + event.type + ") came after '" +
                          before + "'");
  }
  seen.push_back(std::move(event));
}

void OutsideConsumer::note(const std::string& violation) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(violation);
}

void OutsideConsumer::start_again(bool may_miss) {
  {
    const std::lock_guard lock(mutex_);
    may_miss_ = may_miss_ || may_miss;
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

void OutsideConsumer::verify_complete(const std::string& order_id, const nlohmann::json& history) {
  bool may_miss = false;
  {
    const std::lock_guard lock(mutex_);
    may_miss = may_miss_;
  }
  if (!may_miss) {
    wait_until(
        [&] {
          return "the outside consumer gets " + std::to_string(history.size()) +
                 " events of order " + order_id + "; it has " +
                 std::to_string(events_of(order_id).size());
        },
        [&] { return events_of(order_id).size() >= history.size(); });
  }
  std::map<std::int64_t, Event> seen;
  for (auto& event : events_of(order_id))
    seen[event.sequence] = event;
  for (const auto& row : history) {
    const auto found = seen.find(row.at("sequence").get<std::int64_t>());
    if (found == seen.end()) {
      if (!may_miss) FAIL("order " << order_id << ": not published: " << row.dump());
      continue;
    }
    for (const char* field : {"sequence", "type", "time", "actor", "correlation_id", "data"}) {
      if (found->second.body.at(field) != row.at(field)) {
        FAIL("order " << order_id << ": the history says " << row.dump()
                      << " and orders.events says " << found->second.body.dump());
      }
    }
  }
}

void OutsideConsumer::verify_no_violations() {
  const std::lock_guard lock(mutex_);
  if (violations_.empty()) return;
  std::string all;
  for (std::size_t i = 0; i < violations_.size() && i < kViolationsShown; ++i) {
    all += violations_[i] + "\n";
  }
  FAIL("orders.events broke its promises " << violations_.size() << " times:\n" << all);
}

std::vector<OutsideConsumer::Event> OutsideConsumer::events_of(const std::string& order_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(order_id);
  return found == orders_.end() ? std::vector<Event>{} : found->second;
}

std::size_t OutsideConsumer::orders_seen() const {
  const std::lock_guard lock(mutex_);
  return orders_.size();
}

}  // namespace orderflow::testing
