#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::core {

// The command line of one command that needs settings: its own options and subcommands are added
// to app(), and every setting can be given as a flag besides. On the stack of the command.
class CommandLine {
 public:
  // `command` as a person types it, e.g. "orderflow audit". With kListed --help names all settings.
  enum class SettingFlags { kListed, kNotListed };
  CommandLine(const std::string& command, const std::string& summary,
              const SettingsSources& sources, SettingFlags flags = SettingFlags::kNotListed);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] CLI::App& app() { return app_; }

  // As parse_arguments(), then the settings: nothing when --help was asked for.
  [[nodiscard]] std::optional<Settings> parse(std::span<const std::string> arguments);

  // For what only the command knows to be wrong: a BadConfiguration that points to --help.
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  CLI::App app_;
  const SettingsSources& sources_;
  std::map<std::string, std::string, std::less<>> flags_;
};

}  // namespace orderflow::core
