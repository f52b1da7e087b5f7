#include "http-api/backpressure.hpp"

#include <algorithm>
#include <chrono>

#include "http-api/periodic.hpp"

namespace orderflow::http_api {
namespace {

constexpr auto kInterval = std::chrono::seconds{1};
constexpr core::Duration kAnswerTimeout = std::chrono::seconds{3};
constexpr int kRetryAfterMax = 30;

// An owner that lives says itself what it has not got to. Where none does (no heartbeat for 5 s),
// the overdue wake-ups of live sagas tell the same, read through their partial index.
constexpr core::PgStatement kOwnersSay{"api_owners_say", R"(
SELECT count(*) FILTER (WHERE heartbeat < now() - interval '5 seconds') > 0 OR count(*) = 0,
       coalesce(extract(epoch FROM now() - min(oldest_ready_at)) * 1000000, 0)::int8
FROM orders.partitions)"};
constexpr core::PgStatement kSagasSay{"api_sagas_say", R"(
SELECT coalesce(extract(epoch FROM now() - min(wake_at)) * 1000000, 0)::int8
FROM orders.sagas WHERE live AND NOT attention AND wake_at < now())"};

}  // namespace

Backpressure::Backpressure(const core::Config& config, core::Logger& logger, core::Metrics& metrics)
    : logger_(logger),
      limit_(config.duration("backlog-age-limit")),
      session_(config.text("database-url"), {.application_name = "orderflow-api-backpressure",
                                             .role = "orderflow_orders",
                                             .answer_timeout = kAnswerTimeout}),
      age_gauge_(metrics.gauge("backlog_oldest_seconds",
                               "Age of the oldest item that owners could work on but have not.")) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Backpressure::~Backpressure() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool Backpressure::too_old() const { return core::Duration{age_us_.load()} > limit_; }

int Backpressure::retry_after_seconds() const {
  const auto beyond = core::Duration{age_us_.load()} - limit_;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(beyond).count();
  return static_cast<int>(std::clamp<std::int64_t>(seconds, 1, kRetryAfterMax));
}

core::Duration Backpressure::read_age() {
  const core::PgResult owners = session_.execute(kOwnersSay);
  core::Duration age{owners.int8(0, 1)};
  if (owners.boolean(0, 0)) {
    const core::PgResult sagas = session_.execute(kSagasSay);
    age = std::max(age, core::Duration{sagas.int8(0, 0)});
  }
  return std::max(age, core::Duration{0});
}

void Backpressure::run(const std::stop_token& stop) {
  repeat_until_stopped(stop, kInterval, logger_, "backpressure", [this] {
    try {
      age_us_.store(read_age().count());
    } catch (...) {
      age_us_.store(0);
      throw;
    }
    age_gauge_.Set(std::chrono::duration<double>(core::Duration{age_us_.load()}).count());
  });
}

}  // namespace orderflow::http_api
