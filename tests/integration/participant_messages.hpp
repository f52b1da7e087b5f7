#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/participant_harness.hpp"

// Commands as participants get them, and what they answer.
namespace orderflow::testing {

using Json = nlohmann::json;

inline constexpr const char* kCommandsTopic = "commands";

inline events::Addressed to_key(const core::Uuid& key, int attempt = 1) {
  return {kCommandsTopic,
          core::ShardKey(key),
          "/orderflow/test",
          {"test-1", core::new_traceparent()},
          attempt};
}

inline std::vector<Json> bodies(const std::vector<producers::Outgoing>& outgoing) {
  std::vector<Json> found;
  for (const auto& one : outgoing) found.push_back(Json::parse(one.message.body));
  return found;
}

inline std::string header(const core::OutgoingMessage& message, const std::string& name) {
  for (const auto& [key, value] : message.headers) {
    if (key == name) return std::string(value);
  }
  return {};
}

}  // namespace orderflow::testing
