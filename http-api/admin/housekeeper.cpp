#include "http-api/admin/housekeeper.hpp"

#include <chrono>
#include <utility>

#include "core/async/periodic.hpp"
#include "core/pg/settings.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

constexpr core::Duration kInterval = std::chrono::minutes{1};
constexpr core::Duration kBusyInterval = std::chrono::seconds{1};

// A letter may have a body of megabytes: one statement removes so many.
constexpr std::int64_t kLettersMax = 100;

constexpr core::PgStatement kForgetKeys{"api_forget_keys", "SELECT ops.forget_keys($1)"};

}  // namespace

Housekeeper::Housekeeper(const ApiEnvironment& environment, std::vector<std::string> key_contexts)
    : key_contexts_(std::move(key_contexts)),
      letters_kept_(environment.settings.get(kDeadLetterRetention)),
      session_(environment.settings.get(core::kDatabaseUrl),
               {.application_name = "orderflow-api-housekeeper"}) {
  thread_ = std::jthread([this, &logger = environment.logger](const std::stop_token& stop) {
    core::repeat_until_stopped(stop, kInterval, logger, "housekeeping",
                               [this, &stop] { return clean(stop); });
  });
}

Housekeeper::~Housekeeper() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

core::Duration Housekeeper::clean(const std::stop_token& stop) {
  const bool all_forgotten = forget_keys();
  forget_letters(stop);
  return all_forgotten ? kInterval : kBusyInterval;
}

// False when somebody reads old keys, who is not to be waited for.
bool Housekeeper::forget_keys() {
  bool all = true;
  for (const auto& context : key_contexts_) {
    all = session_.execute(kForgetKeys, core::PgParams().text(context)).boolean(0, 0) && all;
  }
  return all;
}

void Housekeeper::forget_letters(const std::stop_token& stop) {
  for (const DeadLetterTable& table : dead_letter_tables()) {
    std::int64_t removed = kLettersMax;
    while (removed == kLettersMax && !stop.stop_requested()) {
      removed = forget_dead_letters(session_, table, letters_kept_, kLettersMax);
    }
  }
}

}  // namespace orderflow::http_api
