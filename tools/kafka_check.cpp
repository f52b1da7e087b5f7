#include "tools/kafka_check.hpp"

#include <chrono>
#include <optional>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/admin_client.hpp"
#include "core/kafka/consumer.hpp"
#include "core/kafka/groups.hpp"
#include "core/kafka/producer.hpp"
#include "core/kafka/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/installations.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "schemas/installation.hpp"

namespace orderflow::tools {
namespace {

constexpr std::chrono::seconds kClusterTimeout{5};
constexpr std::chrono::seconds kQuestionTimeout{1};
constexpr std::chrono::seconds kGroupTimeout{2};
constexpr std::chrono::milliseconds kAskAgain{200};

// Why the cluster does not answer is known a moment after it has not.
std::optional<core::AdminClient::FoundTopics> ask_for_topics(core::AdminClient& admin,
                                                             std::string& problem) {
  const auto deadline = std::chrono::steady_clock::now() + kClusterTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto found = admin.topics(kQuestionTimeout)) return found;
    problem = admin.security_problem();
    if (!problem.empty()) return std::nullopt;
  }
  return std::nullopt;
}

// Empty when the database does not tell.
std::string installation_of(const core::Settings& settings) {
  try {
    core::PgSession session(
        settings.get(core::kDatabaseUrl),
        {.application_name = "orderflow-check-config", .answer_timeout = kGroupTimeout});
    return schemas::read_installation_id(session);
  } catch (const core::Unavailable&) {
    return {};
  }
}

// The coordinator of a group is looked for, and on a new cluster made, when somebody asks first.
tl::expected<core::ClientIds, std::string> members_of(core::AdminClient& admin,
                                                      const std::string& group) {
  const auto deadline = std::chrono::steady_clock::now() + kClusterTimeout;
  while (true) {
    auto members = core::member_client_ids(admin.handle(), group, kGroupTimeout);
    if (members || std::chrono::steady_clock::now() >= deadline) return members;
    std::this_thread::sleep_for(kAskAgain);
  }
}

// Of the groups of this installation: that they work, and that nobody else is in them.
void check_groups(const core::Settings& settings, core::AdminClient& admin, KafkaReport& report) {
  const std::string installation = installation_of(settings);
  for (const auto& role : events::kOwners) {
    const auto group = events::consumer_group(role, settings.get(events::kTopicPrefix));
    const auto members = members_of(admin, group);
    if (!members) {
      report.problems.push_back("the consumer group " + group +
                                " does not work: " + members.error() + "; see the broker's log");
      return;
    }
    if (const auto stranger = events::stranger_among(*members); !stranger.empty()) {
      report.problems.push_back(events::stranger_in_group(stranger, group));
    }
    if (installation.empty()) continue;
    auto problem = events::group_problem(*members, group, installation);
    if (!problem.empty()) report.problems.push_back(std::move(problem));
  }
}

}  // namespace

KafkaReport check_kafka(const core::Settings& settings) {
  KafkaReport report;
  core::Logger logger("check-config", core::LogLevel::kError);
  const auto options = core::kafka_options(settings, "orderflow-check-config");
  core::AdminClient admin(options, logger);
  // As every role makes them: some settings are refused by one kind of client only, or together.
  const core::KafkaConsumer consumer(options, logger, "", "", nullptr);
  const core::KafkaProducer producer(options, logger, nullptr);
  std::string problem;
  const auto found = ask_for_topics(admin, problem);
  if (!found) {
    report.problems.push_back(!problem.empty()
                                  ? problem
                                  : "no broker answers at " + options.bootstrap_servers +
                                        "; check KAFKA_BOOTSTRAP_SERVERS");
    return report;
  }
  const events::Topics topics(settings.get(events::kTopicPrefix));
  std::vector<std::string> there;
  for (const auto& row : events::kTopics) {
    const auto& name = topics[row.topic];
    if (found->contains(name)) {
      there.push_back(name);
    } else if (const auto refusal = admin.refusal(name, kQuestionTimeout)) {
      report.problems.push_back(refusal->text());
    } else {
      report.notes.push_back("topic " + name + " is not there yet; roles make it when they start");
    }
  }
  if (const auto wrong = core::problems_of(admin, *found, there, options)) {
    for (const auto& one : *wrong) report.problems.emplace_back(one.text);
  } else {
    report.notes.emplace_back("it does not tell the settings of topics");
  }
  check_groups(settings, admin, report);
  return report;
}

}  // namespace orderflow::tools
