#include "consumers/runtime/installation_guard.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "events/codec.hpp"
#include "events/installations.hpp"

namespace orderflow::consumers {

using core::KafkaMessage;
using std::chrono::steady_clock;

InstallationGuard::InstallationGuard(const std::string& role, std::string topic,
                                     core::Health& health, core::Logger& logger,
                                     core::Metrics& metrics)
    : component_(role + " installation"),
      topic_(std::move(topic)),
      health_(health),
      logger_(logger),
      foreign_(metrics.counter("foreign_messages_total",
                               "Messages passed over because another installation sent them.",
                               {{"role", role}, {"topic", topic_}})) {
  health_.set(component_, true);
}

bool InstallationGuard::is_foreign(const KafkaMessage& message) const {
  return events::is_foreign(message, id_);
}

Messages InstallationGuard::own(Messages messages) {
  const auto foreign = [this](const KafkaMessage* message) { return is_foreign(*message); };
  if (std::none_of(messages.begin(), messages.end(), foreign)) return messages;
  own_.clear();
  std::remove_copy_if(messages.begin(), messages.end(), std::back_inserter(own_), foreign);
  return own_;
}

void InstallationGuard::passed_over(Messages messages) {
  for (const KafkaMessage* message : messages) {
    if (!is_foreign(*message)) continue;
    foreign_.Increment();
    not_ready(std::string(message->header(events::kInstallationHeader)), steady_clock::now());
  }
}

void InstallationGuard::group_shared_with(const std::string& other) {
  if (!other.empty()) not_ready(other, steady_clock::now());
}

void InstallationGuard::not_ready(const std::string& other, core::SteadyTime now) {
  seen_at_ = now;
  const std::string detail = events::two_installations(other, topic_, id_);
  health_.set(component_, false, detail);
  if (std::exchange(ready_, false)) {
    logger_.error("another installation's messages are not processed", {{"detail", detail}});
  }
}

void InstallationGuard::tick(core::SteadyTime now) {
  if (ready_ || now - seen_at_ < kForeignTimeout) return;
  ready_ = true;
  health_.set(component_, true);
  logger_.info("no message of another installation has come for a while", {{"topic", topic_}});
}

}  // namespace orderflow::consumers
