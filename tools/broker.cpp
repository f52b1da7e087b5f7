#include "tools/broker.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/kafka/embedded_broker.hpp"
#include "core/pg/partition_count.hpp"
#include "core/pg/session.hpp"
#include "core/values/failure.hpp"
#include "events/topics.hpp"

namespace orderflow::tools {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{2};
constexpr std::chrono::milliseconds kPause{50};

// Nothing when it was told to stop before the database answered.
std::vector<core::TopicSpec> await_topics(const core::Config& config, core::Logger& logger,
                                          const std::stop_token& stop) {
  const auto topics = topics_of(config);
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

core::TopicKeeper::Topics topics_of(const core::Config& config) {
  auto session = std::make_shared<core::PgSession>(
      config.text("database-url"), core::PgSessionOptions{.application_name = "orderflow-topics",
                                                          .answer_timeout = kAnswerTimeout});
  const events::Topics topics(config.text("topic-prefix"));
  const auto first = static_cast<std::int32_t>(config.integer("partitions"));
  const auto replicas = static_cast<std::int32_t>(config.integer("replication-factor"));
  return [session = std::move(session), topics, first, replicas] {
    const auto partitions = core::read_partition_count(*session).value_or(first);
    std::vector<core::TopicSpec> specs;
    for (const auto& row : events::kTopics) {
      specs.push_back({topics[row.topic], partitions, replicas, row.owned});
    }
    return specs;
  };
}

void run_broker(const core::Config& config, core::Logger& logger, const std::stop_token& stop) {
  const auto port = static_cast<std::uint16_t>(config.integer("broker-port"));
  const core::EmbeddedBroker broker(port, await_topics(config, logger, stop), logger);
  while (!stop.stop_requested()) std::this_thread::sleep_for(kPause);
}

}  // namespace orderflow::tools
