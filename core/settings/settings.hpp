#pragma once

#include <any>
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

enum class SettingOrigin { kDefault, kFile, kEnvironment, kFlag };

// The configuration of the process: flags over environment over file (named by ORDERFLOW_CONFIG)
// over defaults. Each value is parsed and checked once, when it is loaded; immutable from then on,
// so any thread may read it. Main owns it; everyone else takes what it needs at construction.
//
// An empty environment variable counts as one that is not set, unless the setting may be empty.
// Variables that Kubernetes makes of services (ORDERFLOW_KAFKA_SERVICE_HOST and the like) are none
// of ours, whatever they are called.
class Settings {
 public:
  // Throws BadConfiguration, naming the setting and the remedy, for a value that cannot be, an
  // unreadable file and a name in it that is not a setting.
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

  // The named settings for a shell to evaluate: NAME='value' a line, as they are and not masked,
  // then settings_given, the names whose value is not the default, and settings_warnings. Throws
  // BadConfiguration for a name that is not a setting.
  [[nodiscard]] std::string for_shell(std::span<const std::string> names) const;

 private:
  struct Entry {
    AnySetting setting;
    std::string text;
    std::any value;
    SettingOrigin origin = SettingOrigin::kDefault;
  };
  struct FamilyEntry {
    const SettingFamily* family;
    FamilyValues values;
    // By key: how it was written, and where.
    std::map<std::string, std::pair<std::string, SettingOrigin>> origins;
  };

  explicit Settings(const SettingsTable& table);
  [[nodiscard]] const Entry& entry(const void* key) const;
  [[nodiscard]] std::vector<std::string> names() const;
  // False when the name is no setting's.
  bool take(const std::string& name, const std::string& value, SettingOrigin origin);
  void take_file(const std::string& path);
  void take_environment(const SettingsSources& sources);
  void read_values();
  void read_families() const;

  std::vector<Entry> entries_;
  std::map<const void*, std::size_t> by_key_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<FamilyEntry> families_;
  std::vector<std::string> warnings_;
};

}  // namespace orderflow::core
