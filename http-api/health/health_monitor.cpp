#include "http-api/health/health_monitor.hpp"

#include <chrono>
#include <condition_variable>

#include "core/kafka/groups.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/codec.hpp"
#include "events/installations.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "schemas/embedded.hpp"
#include "schemas/installation.hpp"

namespace orderflow::http_api {
namespace {

constexpr auto kInterval = std::chrono::seconds{1};
constexpr core::Duration kDatabaseTimeout = std::chrono::seconds{2};
constexpr int kKafkaTimeoutMs = 2000;
constexpr auto kInstallationInterval = std::chrono::seconds{5};
constexpr core::Duration kMembersTimeout = std::chrono::seconds{2};

}  // namespace

HealthMonitor::HealthMonitor(const core::Settings& settings, core::Health& health,
                             core::Logger& logger)
    : health_(health),
      logger_(logger),
      kafka_options_(core::kafka_options(settings, "orderflow-health")),
      database_(
          settings.get(core::kDatabaseUrl),
          {.application_name = "orderflow-health", .role = "", .answer_timeout = kDatabaseTimeout}),
      topic_prefix_(settings.get(events::kTopicPrefix)) {
  for (const char* component : {"database", "schema", "kafka"}) health_.expect(component);
  health_.set("installation", true);
  database_thread_ = std::jthread(
      [this](const std::stop_token& stop) { repeat(stop, [this] { check_database(); }); });
  kafka_thread_ = std::jthread(
      [this](const std::stop_token& stop) { repeat(stop, [this] { check_kafka(); }); });
}

HealthMonitor::~HealthMonitor() {
  database_thread_.request_stop();
  kafka_thread_.request_stop();
}

void HealthMonitor::repeat(const std::stop_token& stop, const std::function<void()>& check) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    check();
    wake.wait_for(lock, stop, kInterval, [] { return false; });
  }
}

void HealthMonitor::check_database() {
  try {
    const auto problem = database_.problem();
    report("database", !problem, problem.value_or(""));
    const auto misfit = schemas::schema_problem(
        schemas::migrations(), schemas::read_applied_migrations(database_.session()));
    report("schema", !misfit, misfit.value_or(""));
    read_installation();
  } catch (const std::exception& error) {
    report("database", false, error.what());
    report("schema", false, "unknown while the database does not answer");
  }
}

// It changes when the database is another one.
void HealthMonitor::read_installation() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_installation_) return;
  next_installation_ = now + kInstallationInterval;
  std::string id = schemas::read_installation_id(database_.session());
  if (id.empty()) report("installation", false, events::kNoInstallation);
  const std::lock_guard lock(mutex_);
  installation_ = std::move(id);
}

void HealthMonitor::check_kafka() {
  check_brokers();
  const auto now = std::chrono::steady_clock::now();
  if (!health_.up("kafka") || now < next_members_) return;
  std::string installation;
  {
    const std::lock_guard lock(mutex_);
    installation = installation_;
  }
  if (installation.empty()) return;
  next_members_ = now + kInstallationInterval;
  check_members(installation);
}

// Two installations on the same topics would work on each other's orders.
void HealthMonitor::check_members(const std::string& installation) {
  std::string stranger;
  for (const auto& role : events::kOwners) {
    const auto group = events::consumer_group(role, topic_prefix_);
    // Members find out for themselves when the group does not work.
    const auto ids = core::member_client_ids(client_->handle(), group, kMembersTimeout)
                         .value_or(core::ClientIds{});
    const auto problem = events::group_problem(ids, group, installation);
    if (!problem.empty()) return report("installation", false, problem);
    const auto unknown = events::stranger_among(ids);
    if (!unknown.empty()) stranger = events::stranger_in_group(unknown, group);
  }
  report("installation", true, stranger);
  if (stranger != stranger_ && !stranger.empty()) {
    logger_.warning("a stranger is a member of a consumer group", {{"detail", stranger}});
  }
  stranger_ = std::move(stranger);
}

void HealthMonitor::check_brokers() {
  try {
    if (!client_ || client_->failed()) {
      client_ = std::make_unique<core::KafkaProducer>(kafka_options_, logger_, nullptr);
    }
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(client_->handle(), 0, nullptr, &metadata, kKafkaTimeoutMs);
    if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
    client_->poll(core::Duration{0});
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return report("kafka", true);
    const std::string problem = client_->security_problem();
    if (!problem.empty()) client_.reset();  // The next one finds out whether it still is so.
    report("kafka", false,
           !problem.empty() ? problem
                            : "no broker answers at " + kafka_options_.bootstrap_servers + " (" +
                                  rd_kafka_err2str(error) + "); check KAFKA_BOOTSTRAP_SERVERS");
  } catch (const std::exception& error) {
    report("kafka", false, error.what());
  }
}

void HealthMonitor::report(const std::string& component, bool up, const std::string& detail) {
  health_.set(component, up, detail);
  const std::lock_guard lock(mutex_);
  const auto known = last_.find(component);
  const bool changed = known == last_.end() ? !up : known->second != up;
  last_[component] = up;
  if (!changed) return;
  if (up) {
    logger_.info("up again", {{"component", component}});
  } else {
    logger_.warning("down", {{"component", component}, {"detail", detail}});
  }
}

}  // namespace orderflow::http_api
