#include "core/kafka/client.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/kafka/options.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr std::chrono::seconds kDestroyTimeout{3};
// librdkafka's own is a minute, for which a connection that a firewall has forgotten holds up a
// partition. A fetch may be held by the broker for a while before.
constexpr std::chrono::seconds kRequestTimeout{10};

// A broker that is away is reported by readiness and metrics; librdkafka repeats it endlessly.
void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  auto* link = static_cast<KafkaClient::Link*>(rd_kafka_opaque(handle));
  if (link == nullptr) return;
  const std::lock_guard lock(link->mutex);
  if (link->logger == nullptr) return;
  const std::string_view kind = facility;
  const bool serious = level <= 3 && kind != "FAIL" && kind != "ERROR";
  link->logger->log(serious ? LogLevel::kWarning : LogLevel::kDebug, "kafka client", {},
                    {{"facility", kind}, {"detail", text}});
}

void on_error(rd_kafka_t* handle, int error, const char* reason, void* opaque) {
  on_log(handle, 6, "ERROR", reason);
  auto& link = *static_cast<KafkaClient::Link*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) link.cluster_lost = true;
  auto problem = security_problem_of(error, reason, link.login);
  if (problem.empty()) return;
  const std::lock_guard lock(link.mutex);
  link.security_problem = std::move(problem);
}

std::string value_of(const rd_kafka_conf_t* conf, const char* property) {
  char value[256];
  std::size_t size = sizeof value;
  const bool known = rd_kafka_conf_get(conf, property, value, &size) == RD_KAFKA_CONF_OK;
  return known ? std::string(value) : std::string();
}

// False when the library was still not done at the deadline.
bool destroyed_in_time(rd_kafka_t* handle) {
  std::promise<void> done;
  auto ended = done.get_future();
  std::thread([handle, done = std::move(done)]() mutable {
    // Consumers have left their groups before, or could not: no callback must come from here.
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    done.set_value();
  }).detach();
  return ended.wait_for(kDestroyTimeout) == std::future_status::ready;
}

}  // namespace

KafkaClient::KafkaClient(rd_kafka_type_t type, rd_kafka_conf_t* conf, Logger& logger, void* user)
    : logger_(logger), link_(std::make_unique<Link>()) {
  link_->logger = &logger;
  link_->user = user;
  link_->login.user_name = value_of(conf, "sasl.username");
  link_->login.mechanism = value_of(conf, "sasl.mechanisms");
  rd_kafka_conf_set_opaque(conf, link_.get());
  char error[512];
  handle_ = rd_kafka_new(type, conf, error, sizeof error);
  if (handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw BadConfiguration(std::string("the Kafka client cannot start: ") + error);
  }
}

std::string KafkaClient::security_problem() const {
  const std::lock_guard lock(link_->mutex);
  return link_->security_problem;
}

void KafkaClient::mute() {
  const std::lock_guard lock(link_->mutex);
  link_->logger = nullptr;
}

KafkaClient::~KafkaClient() {
  mute();
  if (destroyed_in_time(handle_)) return;
  logger_.warning("a Kafka client does not end and is left behind");
  // Threads of the instance may still look at it, for as long as the process lives.
  static std::mutex mutex;
  using Links = std::vector<std::unique_ptr<Link>>;
  static Links& left_behind = *std::make_unique<Links>().release();
  const std::lock_guard lock(mutex);
  left_behind.push_back(std::move(link_));
}

rd_kafka_conf_t* KafkaClient::base_conf(const KafkaOptions& options, Preferences preferences) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
  set(conf, "bootstrap.servers", options.bootstrap_servers);
  set(conf, "client.id", options.client_id);
  set(conf, "socket.nagle.disable", "true");      // Small messages must not wait for company.
  set(conf, "socket.keepalive.enable", "true");   // A vanished broker must be noticed.
  set(conf, "reconnect.backoff.ms", "50");        // A restarted broker is found again at once ...
  set(conf, "reconnect.backoff.max.ms", "1000");  // ... and not hammered when it stays away.
  set(conf, "socket.timeout.ms", std::to_string(to_ms(options.fetch_wait + kRequestTimeout)));
  set(conf, "topic.metadata.refresh.interval.ms", "2000");  // Topics made again are found soon.
  for (const auto& [name, value] : preferences) set(conf, name, value);
  for (const auto& [name, value] : options.properties) set(conf, name, value);
  set(conf, "allow.auto.create.topics", "false");  // Topics have the partition count we chose.
  return conf;
}

void KafkaClient::set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
      RD_KAFKA_CONF_OK) {
    throw BadConfiguration("the Kafka client refuses " + name + ": " + error +
                           "; check the ORDERFLOW_KAFKA_ variables");
  }
}

}  // namespace orderflow::core
