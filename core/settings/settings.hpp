#pragma once

#include <any>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings/environment.hpp"
#include "core/settings/setting.hpp"

namespace orderflow::core {

// All that can be set, put together from the modules' tables.
struct SettingsTable {
  std::vector<AnySetting> settings;  // In the order the README lists them.
  std::vector<const SettingFamily*> families;
  // Names and, with a `*` behind them, beginnings of names that the environment may hold for
  // others: the scripts, the tests. The configuration file may not.
  std::vector<std::string_view> foreign;
};

// What this process is configured from. Values that flags give are found by the settings' names.
struct SettingsSources {
  const SettingsTable& table;
  const Environment& environment;
  std::map<std::string, std::string, std::less<>> flags{};
};

// kInstance: ./orderflow derived it from the instance, e.g. where its own PostgreSQL is.
enum class SettingOrigin { kDefault, kInstance, kFile, kEnvFile, kEnvironment, kFlag };

// The configuration of the process: flags over environment over env files (a path a line in
// ORDERFLOW_ENV_FILES, the first over the next: what ./orderflow knows of the instance, and the
// `.env` beside it) over the configuration file (named by ORDERFLOW_CONFIG) over defaults. Each
// value is parsed and checked once, when it is loaded; immutable from then on, so any thread may
// read it. Main owns it; everyone else takes what it needs at construction.
//
// Instead of NAME, NAME_FILE may name a file that holds the value, wherever NAME itself could
// stand. An empty variable counts as one that is not set, unless the setting may be empty. An env
// file may hold variables of other programs. Variables that Kubernetes makes of services
// (ORDERFLOW_KAFKA_SERVICE_HOST and the like) are none of ours, whatever they are called.
class Settings {
 public:
  // Throws BadConfiguration, naming the setting and the remedy, for a value that cannot be, an
  // unreadable file, a NAME beside its NAME_FILE, and a name in the configuration file that is not
  // a setting.
  [[nodiscard]] static Settings load(const SettingsSources& sources);

  // The value. One of a table that was not assembled ends the program: a defect of it.
  template <typename T>
  [[nodiscard]] const T& get(const Setting<T>& setting) const {
    return std::any_cast<const T&>(entry(&setting).value);
  }
  // The pairs of a family by their keys.
  [[nodiscard]] const FamilyValues& get(const SettingFamily& family) const;

  template <typename T>
  [[nodiscard]] SettingOrigin origin(const Setting<T>& setting) const {
    return entry(&setting).origin;
  }

  // What looks like a setting and is not, a sentence each: for the log at start and check-config.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // One line a setting: NAME=value  (where it came from) help. What may not be shown is masked.
  [[nodiscard]] std::string describe() const;

  // The named settings for a shell to evaluate: setting_NAME='value' a line, as they are and not
  // masked (NAME itself may be exported, and stays as somebody set it),
  // then settings_given, the names whose value somebody gave, and settings_warnings. Throws
  // BadConfiguration for a name that is not a setting.
  [[nodiscard]] std::string for_shell(std::span<const std::string> names) const;

 private:
  struct Entry {
    AnySetting setting;
    std::string text;
    std::any value;
    SettingOrigin origin = SettingOrigin::kDefault;
    std::string where = "default";
  };
  struct FamilyEntry {
    const SettingFamily* family;
    FamilyValues values;
    // By key: how it was written, and where.
    std::map<std::string, std::pair<std::string, std::string>> origins;
  };
  using Pairs = std::map<std::string, std::string, std::less<>>;
  // One of the places where settings stand.
  struct Source {
    SettingOrigin origin;
    std::string where;             // for people
    std::filesystem::path folder;  // what relative paths in it start from
  };

  explicit Settings(const SettingsTable& table);
  [[nodiscard]] const Entry& entry(const void* key) const;
  [[nodiscard]] bool knows(std::string_view name) const;
  void warn_of_name(const std::string& name, const std::string& where);
  // Of settings, and of variables that somebody else reads.
  [[nodiscard]] std::vector<std::string> names() const;
  // " (did you mean NAME?)", or nothing.
  [[nodiscard]] std::string meant_by(const std::string& name) const;
  void take_flags(const SettingsSources& sources);
  void take_environment(const SettingsSources& sources);
  void take_env_file(const std::string& path, const Pairs& pairs);
  void take_config_file(const std::string& path);
  // The settings among the pairs; returns the names of the others.
  std::vector<std::string> take_all(const Pairs& pairs, const Source& source);
  void take(const std::string& name, const std::string& value, SettingOrigin origin,
            const std::string& where);
  void warn_of(const std::vector<std::string>& names, const std::string& where);
  void read_values();
  void read_families() const;

  std::vector<Entry> entries_;
  std::map<const void*, std::size_t> by_key_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<FamilyEntry> families_;
  std::vector<std::string_view> foreign_;
  std::vector<std::string> warnings_;
};

}  // namespace orderflow::core
