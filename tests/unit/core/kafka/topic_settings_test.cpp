#include "core/kafka/topic_settings.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

constexpr std::int64_t kBytes = 1'000'000;

// As Kafka 4 makes a topic for us.
TopicSettings ours() {
  return {{{"max.message.bytes", "1048588"},
           {"message.timestamp.type", "LogAppendTime"},
           {"message.timestamp.before.max.ms", "9223372036854775807"},
           {"message.timestamp.after.max.ms", "3600000"},
           {"cleanup.policy", "delete"},
           {"min.insync.replicas", "1"}},
          1};
}

TEST_CASE("a topic as we make it is sound, as is one that the cluster does not tell of") {
  CHECK(problems_of("orders.events", ours(), kBytes).empty());
  CHECK(problems_of("orders.events", {}, kBytes).empty());
}

TEST_CASE("a topic that will refuse or forget messages is named with setting and remedy") {
  struct Case {
    const char* name;
    const char* value;
    const char* remedy;
    bool nothing_is_stored;
  };
  for (const auto& [name, value, remedy, nothing_is_stored] :
       {Case{"max.message.bytes", "700", "raise it to 1000000", false},
        Case{"message.timestamp.before.max.ms", "1", "LogAppendTime", false},
        Case{"message.timestamp.after.max.ms", "1000", "LogAppendTime", false},
        Case{"cleanup.policy", "compact,delete", "set it to delete", false},
        Case{"min.insync.replicas", "2", "more replicas", true}}) {
    auto settings = ours();
    settings.values["message.timestamp.type"] = "CreateTime";
    settings.values[name] = value;
    const auto problems = problems_of("orders.events", settings, kBytes);
    INFO(name);
    REQUIRE(problems.size() == 1);
    const std::string& text = problems.front().text;
    CHECK(text.find("orders.events") != std::string::npos);
    CHECK(text.find(std::string(name) + "=" + value) != std::string::npos);
    CHECK(text.find(remedy) != std::string::npos);
    CHECK(problems.front().nothing_is_stored == nothing_is_stored);
  }
}

TEST_CASE("where the broker stamps messages, clocks do not matter") {
  auto settings = ours();
  settings.values["message.timestamp.before.max.ms"] = "1";
  CHECK(problems_of("orders.events", settings, kBytes).empty());
}

}  // namespace
}  // namespace orderflow::core
