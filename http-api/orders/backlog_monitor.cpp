#include "http-api/orders/backlog_monitor.hpp"

#include <algorithm>
#include <chrono>

#include "core/async/periodic.hpp"
#include "core/pg/settings.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kInterval = std::chrono::milliseconds{250};
constexpr core::Duration kIdleInterval = std::chrono::seconds{1};
constexpr core::Duration kAgeTimeout = std::chrono::seconds{3};

// An owner that lives reports in its partition rows, at least once a second, how far behind it is;
// the report ages only once the owner falls silent, else an idle owner would seem to be a second
// behind. What an owner reported that no longer lives (no heartbeat for 5 s) counts no more; there
// the overdue wake-ups of live sagas tell the same, read through their partial index.
constexpr core::PgStatement kReadReportedAge{"api_reported_age", R"(
SELECT count(*) FILTER (WHERE heartbeat < now() - interval '5 seconds') > 0 OR count(*) = 0,
       coalesce(extract(epoch FROM max(heartbeat - oldest_ready_at
         + greatest(now() - heartbeat - interval '2 seconds', '0'))
         FILTER (WHERE heartbeat >= now() - interval '5 seconds')) * 1000000, 0)::int8
FROM orders.partitions)"};
constexpr core::PgStatement kReadOverdueAge{"api_overdue_age", R"(
SELECT coalesce(extract(epoch FROM now() - min(wake_at)) * 1000000, 0)::int8
FROM orders.sagas WHERE live AND NOT attention AND wake_at < now())"};

// Stops at the limit, so that it never reads many more rows than that.
constexpr core::PgStatement kCountWaiting{"api_count_waiting", R"(
SELECT count(*) FROM (SELECT 1 FROM orders.sagas WHERE live AND NOT attention LIMIT $1) waiting)"};

}  // namespace

BacklogMonitor::BacklogMonitor(const core::Settings& settings, core::Logger& logger,
                               core::Metrics& metrics, const core::Health& health)
    : logger_(logger),
      health_(health),
      age_limit_(settings.get(kBacklogAgeLimit)),
      waiting_limit_(settings.get(kWaitingOrdersLimit)),
      session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-backlog",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = kAgeTimeout}),
      age_gauge_(metrics.gauge("backlog_oldest_seconds",
                               "How long a new order waits until its owner looks at it.")),
      silence_(std::chrono::steady_clock::now()),
      shedder_(age_limit_) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

BacklogMonitor::~BacklogMonitor() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

core::Duration BacklogMonitor::read_age() {
  const core::PgResult reported = session_.execute(kReadReportedAge);
  core::Duration age{reported.int8(0, 1)};
  const auto silence = silence_.observe(reported.boolean(0, 0), std::chrono::steady_clock::now());
  if (silence > core::Duration{0}) {
    const core::PgResult overdue = session_.execute(kReadOverdueAge);
    age = std::max(age, std::min(silence, core::Duration{overdue.int8(0, 0)}));
  }
  return std::max(age, core::Duration{0});
}

void BacklogMonitor::run(const std::stop_token& stop) {
  core::repeat_until_stopped(stop, kIdleInterval, logger_, "backlog", [this] {
    try {
      look();
    } catch (...) {
      shedder_.set_age(core::Duration{0});
      throw;
    }
    const bool idle = shedder_.age() == core::Duration{0} && !in_outage_;
    return idle ? kIdleInterval : kInterval;
  });
}

void BacklogMonitor::look() {
  const core::Duration age = read_age();
  age_gauge_.Set(std::chrono::duration<double>(age).count());
  const bool before = in_outage_;
  in_outage_ = outage_.observe(health_.up("kafka"), age, LoadShedder::target(age_limit_));
  if (in_outage_ != before) {
    logger_.info(in_outage_ ? "the broker is away: new orders are taken by how many wait"
                            : "what waited for the broker is worked off",
                 {{"waiting_limit", waiting_limit_}});
  }
  if (in_outage_) {
    shedder_.set_age(too_many_wait() ? age_limit_ : core::Duration{0});
  } else {
    shedder_.set_age(age);
  }
}

bool BacklogMonitor::too_many_wait() {
  return session_.execute(kCountWaiting, core::PgParams().int8(waiting_limit_)).int8(0, 0) >=
         waiting_limit_;
}

}  // namespace orderflow::http_api
