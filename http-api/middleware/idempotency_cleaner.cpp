#include "http-api/middleware/idempotency_cleaner.hpp"

#include <chrono>

#include "core/async/periodic.hpp"
#include "core/pg/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kInterval = std::chrono::minutes{1};
constexpr std::int64_t kBatch = 5'000;
constexpr int kBatchesAtOnceMax = 20;

constexpr core::PgStatement kDeleteOld{"api_delete_old_keys", R"(
DELETE FROM ops.idempotency_keys k
USING (SELECT scope, key FROM ops.idempotency_keys
       WHERE created_at < now() - interval '24 hours'
       ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED) old
WHERE k.scope = old.scope AND k.key = old.key)"};

}  // namespace

IdempotencyCleaner::IdempotencyCleaner(const core::Settings& settings, core::Logger& logger)
    : session_(settings.get(core::kDatabaseUrl),
               {.application_name = "orderflow-api-cleaner", .role = "orderflow_orders"}) {
  thread_ = std::jthread([this, &logger](const std::stop_token& stop) {
    repeat_until_stopped(stop, kInterval, logger, "idempotency keys", [&] { clean(stop); });
  });
}

IdempotencyCleaner::~IdempotencyCleaner() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void IdempotencyCleaner::clean(const std::stop_token& stop) {
  for (int i = 0; i < kBatchesAtOnceMax && !stop.stop_requested(); ++i) {
    const auto deleted = session_.execute(kDeleteOld, core::PgParams().int8(kBatch)).affected();
    if (deleted < kBatch) return;
  }
}

}  // namespace orderflow::http_api
