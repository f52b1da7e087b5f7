#include "http-api/orders/backpressure.hpp"

#include <algorithm>
#include <chrono>

#include "core/async/periodic.hpp"

namespace orderflow::http_api {
namespace {

constexpr auto kInterval = std::chrono::milliseconds{250};
constexpr int kIdleIntervals = 4;
constexpr core::Duration kAgeTimeout = std::chrono::seconds{3};

// An owner that lives says itself, at least once a second, how far behind it is; what it said grows
// older only when it falls silent, else an idle owner would seem to be a second behind. Where none
// lives (no heartbeat for 5 s), the overdue wake-ups of live sagas tell the same, read through
// their partial index.
constexpr core::PgStatement kOwnersSay{"api_owners_say", R"(
SELECT count(*) FILTER (WHERE heartbeat < now() - interval '5 seconds') > 0 OR count(*) = 0,
       coalesce(extract(epoch FROM max(heartbeat - oldest_ready_at
         + greatest(now() - heartbeat - interval '2 seconds', '0'))) * 1000000, 0)::int8
FROM orders.partitions)"};
constexpr core::PgStatement kSagasSay{"api_sagas_say", R"(
SELECT coalesce(extract(epoch FROM now() - min(wake_at)) * 1000000, 0)::int8
FROM orders.sagas WHERE live AND NOT attention AND wake_at < now())"};

}  // namespace

Backpressure::Backpressure(const core::Config& config, core::Logger& logger, core::Metrics& metrics)
    : logger_(logger),
      session_(config.text("database-url"), {.application_name = "orderflow-api-backpressure",
                                             .role = "orderflow_orders",
                                             .answer_timeout = kAgeTimeout}),
      age_gauge_(metrics.gauge("backlog_oldest_seconds",
                               "How long what comes now has to wait for its owner.")),
      admission_(config.duration("backlog-age-limit")) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Backpressure::~Backpressure() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
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
  repeat_until_stopped(stop, kInterval, logger_, "backpressure", [this, turn = 0]() mutable {
    const bool idle = admission_.age() == core::Duration{0};
    if (turn++ % kIdleIntervals != 0 && idle) return;
    try {
      admission_.set_age(read_age());
    } catch (...) {
      admission_.set_age(core::Duration{0});
      throw;
    }
    age_gauge_.Set(std::chrono::duration<double>(admission_.age()).count());
  });
}

}  // namespace orderflow::http_api
