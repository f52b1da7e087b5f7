#include "http-api/middleware/idempotency_cleaner.hpp"

#include <chrono>
#include <utility>

#include "core/async/periodic.hpp"
#include "core/pg/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kInterval = std::chrono::minutes{1};

constexpr core::PgStatement kForgetKeys{"api_forget_keys", "SELECT ops.forget_keys($1)"};

}  // namespace

IdempotencyCleaner::IdempotencyCleaner(const ApiEnvironment& environment,
                                       std::vector<std::string> contexts)
    : contexts_(std::move(contexts)),
      session_(environment.settings.get(core::kDatabaseUrl),
               {.application_name = "orderflow-api-cleaner"}) {
  thread_ = std::jthread([this, &logger = environment.logger](const std::stop_token& stop) {
    core::repeat_until_stopped(stop, kInterval, logger, "idempotency keys", [this] { clean(); });
  });
}

IdempotencyCleaner::~IdempotencyCleaner() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void IdempotencyCleaner::clean() {
  // What somebody reads for long is left for the next time.
  for (const auto& context : contexts_) {
    (void)session_.execute(kForgetKeys, core::PgParams().text(context));
  }
}

}  // namespace orderflow::http_api
