#include "core/kafka/admin.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/kafka/admin_client.hpp"
#include "core/values/failure.hpp"
#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

constexpr Duration kGrowTimeout = std::chrono::seconds{15};
constexpr Duration kAttemptTimeout = std::chrono::seconds{3};
constexpr Duration kKeepInterval = std::chrono::seconds{2};
constexpr Duration kSettingsInterval = std::chrono::seconds{10};
// The embedded broker never tells, and each question costs its time-out.
constexpr Duration kUntoldInterval = std::chrono::minutes{1};
constexpr Duration kLookAgain = std::chrono::milliseconds{200};
constexpr const char* kComponent = "topics";
// librdkafka's message.max.bytes, of messages and batches.
constexpr std::int64_t kMessageBytesDefault = 1'000'000;

// The names of topics that were not there or had too few partitions, after each was asked for.
std::string complete(AdminClient& admin, const AdminClient::FoundTopics& existing,
                     const std::vector<TopicSpec>& wanted, Logger& logger) {
  std::string missing;
  for (const auto& spec : wanted) {
    const auto found = existing.find(spec.name);
    const std::int32_t has = found == existing.end() ? 0 : found->second.partitions;
    if (has >= spec.partitions || (has > 0 && !spec.owned)) continue;
    missing += (missing.empty() ? "" : ", ") + spec.name;
    logger.info("creating topic",
                {{"topic", spec.name}, {"partitions", spec.partitions}, {"before", has}});
    if (has == 0) {
      if (const auto refusal = admin.create(spec, kAttemptTimeout)) {
        throw Unavailable(refusal->text());
      }
      continue;
    }
    const auto problem = admin.grow(spec.name, spec.partitions, kAttemptTimeout);
    if (problem.empty()) continue;
    throw Unavailable("topic " + spec.name + " has " + std::to_string(has) + " of " +
                      std::to_string(spec.partitions) + " partitions: " + problem);
  }
  return missing;
}

std::vector<std::string> names_of(const std::vector<TopicSpec>& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

}  // namespace

std::optional<std::vector<TopicProblem>> problems_of(AdminClient& admin,
                                                     const AdminClient::FoundTopics& existing,
                                                     const std::vector<std::string>& topics,
                                                     const KafkaOptions& options) {
  auto told = admin.settings(topics, kAttemptTimeout);
  if (!told) return std::nullopt;
  const auto limit = options.properties.find("message.max.bytes");
  const auto bytes =
      limit == options.properties.end() ? std::nullopt : parse_number<std::int64_t>(limit->second);
  std::vector<TopicProblem> problems;
  for (auto& [topic, settings] : *told) {
    const auto found = existing.find(topic);
    if (found != existing.end()) settings.replicas = found->second.replicas;
    const auto of_topic = problems_of(topic, settings, bytes.value_or(kMessageBytesDefault));
    problems.insert(problems.end(), of_topic.begin(), of_topic.end());
  }
  return problems;
}

TopicKeeper::TopicKeeper(KafkaOptions options, Health& health, Logger& logger, Topics topics)
    : options_(std::move(options)), health_(health), logger_(logger), topics_(std::move(topics)) {
  health_.expect(kComponent);
  thread_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
}

TopicKeeper::~TopicKeeper() = default;

void TopicKeeper::keep(const std::stop_token& stop) {
  std::optional<AdminClient> admin;
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    Duration pause = kKeepInterval;
    try {
      if (!admin) admin.emplace(options_, logger_);
      if (!keep_once(*admin)) pause = kLookAgain;
    } catch (const std::exception& problem) {
      // The database is silent, or it is the settings: a role that needs them ends the process.
      health_.set(kComponent, false, problem.what());
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, pause, [] { return false; });
  }
}

bool TopicKeeper::keep_once(AdminClient& admin) {
  const auto wanted = topics_();
  const auto existing = admin.topics(kAttemptTimeout);
  if (!existing) return true;
  const std::string missing = complete(admin, *existing, wanted, logger_);
  if (!missing.empty()) {
    health_.set(kComponent, false, "being created: " + missing);
    return false;
  }
  if (std::chrono::steady_clock::now() >= next_settings_) check_settings(admin, *existing, wanted);
  health_.set(kComponent, !nothing_is_stored_, problems_);
  return true;
}

void TopicKeeper::check_settings(AdminClient& admin, const AdminClient::FoundTopics& existing,
                                 const std::vector<TopicSpec>& wanted) {
  const auto problems = problems_of(admin, existing, names_of(wanted), options_);
  next_settings_ =
      std::chrono::steady_clock::now() + (problems ? kSettingsInterval : kUntoldInterval);
  if (!problems) return;
  std::string texts;
  nothing_is_stored_ = false;
  for (const auto& problem : *problems) {
    texts += (texts.empty() ? "" : "; ") + problem.text;
    nothing_is_stored_ = nothing_is_stored_ || problem.nothing_is_stored;
  }
  if (texts == problems_) return;
  problems_ = std::move(texts);
  if (!problems_.empty()) {
    logger_.warning("topics are not as they should be", {{"detail", problems_}});
  }
}

void ensure_partitions(const KafkaOptions& options, Logger& logger, const std::string& topic,
                       std::int32_t partitions) {
  AdminClient admin(options, logger);
  const auto existing = admin.topics(kGrowTimeout);
  if (!existing) throw Unavailable("Kafka does not answer; check KAFKA_BOOTSTRAP_SERVERS");
  const auto found = existing->find(topic);
  if (found == existing->end()) throw BadConfiguration("there is no topic " + topic);
  if (found->second.partitions >= partitions) return;
  const auto problem = admin.grow(topic, partitions, kGrowTimeout);
  if (!problem.empty()) {
    throw BadConfiguration("topic " + topic + " cannot get " + std::to_string(partitions) +
                           " partitions: " + problem +
                           "; the embedded broker's topics cannot grow, a real Kafka's can");
  }
}

}  // namespace orderflow::core
