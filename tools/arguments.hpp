#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "domain/trail/rows.hpp"

namespace orderflow::http_api {

// The command line of an operators' tool: words, options of its own (`--step payment` or
// `--step=payment`), switches, and settings of the program (`--database-url=...`).
class ToolArguments {
 public:
  // Throws BadConfiguration for anything else; `usage` is then part of the message.
  ToolArguments(const core::Config& config, std::span<const std::string> arguments,
                std::initializer_list<std::string_view> options,
                std::initializer_list<std::string_view> switches, std::string_view usage);

  [[nodiscard]] const core::Config& config() const { return config_; }
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  [[nodiscard]] std::string option(std::string_view name) const;  // Empty when not given.
  [[nodiscard]] bool has(std::string_view name) const;

  // The words after the first as ids.
  [[nodiscard]] std::vector<core::Uuid> ids() const;
  // --limit, 50 by default.
  [[nodiscard]] int limit() const;
  // --actor, else the user of this shell.
  [[nodiscard]] domain::Operator who() const;

  [[noreturn]] void refuse_usage(const std::string& what) const;

 private:
  core::Config config_;
  std::vector<std::string> words_;
  std::map<std::string, std::string, std::less<>> options_;
  std::set<std::string, std::less<>> switches_;
  std::string usage_;
};

// Of a tool that works as this context.
[[nodiscard]] inline core::PgSessionOptions tool_session(const char* database_role) {
  return {.application_name = "orderflow-tool", .role = database_role};
}

}  // namespace orderflow::http_api
