#include "tools/broker.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/kafka/embedded_broker.hpp"
#include "core/kafka/settings.hpp"
#include "core/pg/session.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"
#include "schemas/installation.hpp"
#include "schemas/settings.hpp"

namespace orderflow::tools {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{2};
constexpr std::chrono::milliseconds kPause{50};

// Nothing when it was told to stop before the database answered.
std::vector<core::TopicSpec> await_topics(const core::Settings& settings, core::Logger& logger,
                                          const std::stop_token& stop) {
  const auto topics = topics_of(settings);
  bool logged = false;
  while (!stop.stop_requested()) {
    try {
      return topics();
    } catch (const core::Unavailable& failure) {
      if (!std::exchange(logged, true)) {
        logger.warning("waiting for the database", {{"reason", failure.what()}});
      }
    }
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

}  // namespace

core::TopicKeeper::Topics topics_of(const core::Settings& settings) {
  auto session = std::make_shared<core::PgSession>(
      settings.get(core::kDatabaseUrl),
      core::PgSessionOptions{.application_name = "orderflow-topics",
                             .answer_timeout = kAnswerTimeout});
  const events::Topics topics(settings.get(events::kTopicPrefix));
  const auto first = schemas::first_partition_count(settings);
  const auto replicas = settings.get(events::kReplicationFactor);
  return [session = std::move(session), topics, first, replicas] {
    const auto partitions = schemas::read_partition_count(*session).value_or(first);
    std::vector<core::TopicSpec> specs;
    for (const auto& row : events::kTopics) {
      specs.push_back({topics[row.topic], partitions, replicas, row.owned});
    }
    return specs;
  };
}

void run_broker(const core::Settings& settings, core::Logger& logger, const std::stop_token& stop) {
  const auto port = settings.get(core::kBrokerPort);
  const core::EmbeddedBroker broker(port, await_topics(settings, logger, stop), logger);
  while (!stop.stop_requested()) std::this_thread::sleep_for(kPause);
}

}  // namespace orderflow::tools
