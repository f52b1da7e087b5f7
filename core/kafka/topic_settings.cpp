#include "core/kafka/topic_settings.hpp"

#include <chrono>
#include <optional>

#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

// A topic that allows less refuses messages that waited for a broker, or were made by a clock that
// is a little wrong.
constexpr std::int64_t kTimestampToleranceMs =
    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::minutes{10}).count();

std::string value_of(const TopicSettings& settings, const std::string& name) {
  const auto found = settings.values.find(name);
  return found == settings.values.end() ? "" : found->second;
}

// Nothing when the cluster does not tell, or not as a number.
std::optional<std::int64_t> number_of(const TopicSettings& settings, const std::string& name) {
  return parse_number<std::int64_t>(value_of(settings, name));
}

}  // namespace

std::vector<TopicProblem> problems_of(const std::string& topic, const TopicSettings& settings,
                                      std::int64_t message_bytes) {
  std::vector<TopicProblem> problems;
  const auto add = [&](const std::string& name, const std::string& what, bool nothing_is_stored) {
    problems.push_back(
        {"topic " + topic + " has " + name + "=" + value_of(settings, name) + ": " + what,
         nothing_is_stored});
  };
  const auto in_sync = number_of(settings, "min.insync.replicas");
  if (in_sync && settings.replicas > 0 && *in_sync > settings.replicas) {
    add("min.insync.replicas",
        "with " + std::to_string(settings.replicas) +
            " replicas nothing is stored; lower it, or give the topic more replicas",
        true);
  }
  const auto bytes = number_of(settings, "max.message.bytes");
  if (bytes && *bytes < message_bytes) {
    add("max.message.bytes",
        "larger messages are refused; raise it to " + std::to_string(message_bytes), false);
  }
  if (value_of(settings, "message.timestamp.type") == "CreateTime") {
    for (const char* name : {"message.timestamp.before.max.ms", "message.timestamp.after.max.ms",
                             "message.timestamp.difference.max.ms"}) {
      const auto allowed = number_of(settings, name);
      if (!allowed || *allowed >= kTimestampToleranceMs) continue;
      add(name, "messages of other moments are refused; set message.timestamp.type=LogAppendTime",
          false);
    }
  }
  if (value_of(settings, "cleanup.policy").find("compact") != std::string::npos) {
    add("cleanup.policy", "all but the last message of each key are forgotten; set it to delete",
        false);
  }
  return problems;
}

}  // namespace orderflow::core
