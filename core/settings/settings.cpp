#include "core/settings/settings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "core/settings/config_file.hpp"
#include "core/settings/nearest.hpp"
#include "core/settings/value_file.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr std::string_view kOurs = "ORDERFLOW_";
constexpr const char* kConfigVariable = "ORDERFLOW_CONFIG";
constexpr const char* kEnvFilesVariable = "ORDERFLOW_ENV_FILES";
// Names of the environment's variables that ./orderflow itself has set.
constexpr const char* kInstanceVariable = "ORDERFLOW_INSTANCE_SETTINGS";
constexpr std::string_view kFileSuffix = "_FILE";

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

bool is_foreign(std::string_view name, const std::vector<std::string_view>& foreign) {
  return std::any_of(foreign.begin(), foreign.end(), [name](std::string_view one) {
    return one.ends_with('*') ? name.starts_with(one.substr(0, one.size() - 1)) : name == one;
  });
}

// In single quotes, as every shell reads it.
std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Settings::Settings(const SettingsTable& table) : foreign_(table.foreign) {
  for (const auto& setting : table.settings) {
    by_key_.emplace(setting.key(), entries_.size());
    by_name_.emplace(setting.name(), entries_.size());
    entries_.push_back({setting, std::string(setting.default_value()), {}});
  }
  for (const auto* family : table.families) families_.push_back({family, {}, {}});
}

// What wins is taken last.
Settings Settings::load(const SettingsSources& sources) {
  Settings settings(sources.table);
  std::string config = value_of(sources.environment, kConfigVariable);
  std::vector<std::pair<std::string, Pairs>> env_files;
  for (const auto& path : parts_of(value_of(sources.environment, kEnvFilesVariable), '\n')) {
    Pairs pairs;
    for (auto& [name, value] : read_config_file(kEnvFilesVariable, path)) {
      pairs[name] = std::move(value);
    }
    const auto named = pairs.find(kConfigVariable);
    if (config.empty() && named != pairs.end()) {
      config = std::filesystem::path(path).parent_path() / named->second;
    }
    env_files.emplace_back(path, std::move(pairs));
  }
  if (!config.empty()) settings.take_config_file(config);
  for (auto file = env_files.rbegin(); file != env_files.rend(); ++file) {
    settings.take_env_file(file->first, file->second);
  }
  settings.take_environment(sources);
  settings.take_flags(sources);
  settings.read_values();
  settings.read_families();
  return settings;
}

bool Settings::knows(std::string_view name) const {
  return by_name_.contains(name) ||
         std::any_of(families_.begin(), families_.end(),
                     [name](const auto& entry) { return name.starts_with(entry.family->prefix); });
}

void Settings::take(const std::string& name, const std::string& value, SettingOrigin origin,
                    const std::string& where) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    Entry& entry = entries_[found->second];
    const bool unset =
        origin != SettingOrigin::kFlag && value.empty() && !entry.setting.empty_is_value();
    if (unset) return;
    entry.text = value;
    entry.origin = origin;
    entry.where = where;
    return;
  }
  const auto entry = std::find_if(families_.begin(), families_.end(), [&name](const auto& one) {
    return name.starts_with(one.family->prefix);
  });
  const std::string key = entry->family->key_of(name);
  entry->values[key] = value;
  entry->origins[key] = {name, where};
}

std::vector<std::string> Settings::take_all(const Pairs& pairs, const Source& source) {
  std::vector<std::string> others;
  for (const auto& [name, value] : pairs) {
    const std::string_view stem(name.data(),
                                name.size() - std::min(name.size(), kFileSuffix.size()));
    if (name.ends_with(kFileSuffix) && knows(stem)) {
      if (value.empty()) continue;
      const auto direct = pairs.find(stem);
      if (direct != pairs.end() && !direct->second.empty()) {
        throw BadConfiguration(std::string(stem) + " and " + name + " are both set (" +
                               source.where + "); leave one out");
      }
      const auto path = source.folder / value;
      take(std::string(stem), read_value_file(name, path), source.origin,
           source.where + ", from " + path.string());
    } else if (knows(name)) {
      const auto file = pairs.find(name + std::string(kFileSuffix));
      if (value.empty() && file != pairs.end() && !file->second.empty()) continue;
      take(name, value, source.origin, source.where);
    } else {
      others.push_back(name);
    }
  }
  return others;
}

void Settings::take_config_file(const std::string& path) {
  Pairs pairs;
  for (auto& [name, value] : read_config_file(kConfigVariable, path)) {
    pairs[name] = std::move(value);
  }
  const Source source{SettingOrigin::kFile, path, std::filesystem::path(path).parent_path()};
  const auto others = take_all(pairs, source);
  if (others.empty()) return;
  throw BadConfiguration(path + " sets " + others.front() + ", which is not a setting" +
                         meant_by(others.front()) + "; `orderflow check-config` lists them");
}

void Settings::take_env_file(const std::string& path, const Pairs& pairs) {
  const Source source{SettingOrigin::kEnvFile, path, std::filesystem::path(path).parent_path()};
  const auto others = take_all(pairs, source);
  warn_of(others, path + ": ");
  // It is a file of ours: what is nearly a setting was meant as one, though the environment may
  // hold such a name for others.
  const auto known = names();
  for (const auto& name : others) {
    if (!name.starts_with(kOurs) && is_slip_of(name, known)) warn_of_name(name, path + ": ");
  }
}

void Settings::take_environment(const SettingsSources& sources) {
  const auto own = parts_of(value_of(sources.environment, kInstanceVariable), ' ');
  Pairs persons;
  Pairs ours;
  std::vector<std::string> links;
  for (const auto& [name, value] : sources.environment) {
    if (is_service_link(name, value)) {
      if (name.starts_with(kOurs)) links.push_back(name);
    } else {
      const bool is_ours = std::find(own.begin(), own.end(), name) != own.end();
      (is_ours ? ours : persons).emplace(name, value);
    }
  }
  warn_of(take_all(persons, {SettingOrigin::kEnvironment, "environment", {}}),
          "the environment variable ");
  (void)take_all(ours, {SettingOrigin::kInstance, "./orderflow", {}});
  if (links.empty()) return;
  warnings_.push_back("passed over as addresses of services that Kubernetes announces, not " +
                      std::string("settings: ") + joined(links));
}

void Settings::take_flags(const SettingsSources& sources) {
  for (const auto& [name, value] : sources.flags) {
    if (!knows(name)) throw BadConfiguration(name + " is not a setting" + meant_by(name));
    take(name, value, SettingOrigin::kFlag, "flag");
  }
}

void Settings::warn_of(const std::vector<std::string>& names, const std::string& where) {
  for (const auto& name : names) {
    if (name.starts_with(kOurs) && !is_foreign(name, foreign_)) warn_of_name(name, where);
  }
}

void Settings::warn_of_name(const std::string& name, const std::string& where) {
  warnings_.push_back(where + name + " is not a setting and has no effect" + meant_by(name));
}

std::vector<std::string> Settings::names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.emplace_back(entry.setting.name());
  for (const auto& one : foreign_) {
    if (!one.ends_with('*')) names.emplace_back(one);
  }
  return names;
}

std::string Settings::meant_by(const std::string& name) const {
  const auto names = this->names();
  // Not all names begin as most do.
  const std::string stem = name.starts_with(kOurs) ? name.substr(kOurs.size()) : name;
  const auto meant = std::find(names.begin(), names.end(), stem) != names.end() ? stem : name;
  return did_you_mean(meant, names);
}

void Settings::read_values() {
  for (auto& entry : entries_) {
    auto value = entry.setting.read(entry.text);
    if (!value) {
      throw BadConfiguration(std::string(entry.setting.name()) + " is '" +
                             entry.setting.show({}, entry.text) + "'; it must be " + value.error());
    }
    entry.value = *std::move(value);
    for (const auto& warning : entry.setting.warnings(entry.value)) {
      warnings_.push_back(std::string(entry.setting.name()) + ": " + warning);
    }
  }
}

void Settings::read_families() const {
  for (const auto& entry : families_) {
    for (const auto& [key, value] : entry.values) {
      const std::string problem = entry.family->problem(key, value);
      if (!problem.empty()) throw BadConfiguration(entry.origins.at(key).first + ": " + problem);
    }
  }
}

const Settings::Entry& Settings::entry(const void* key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    std::fputs("orderflow: a setting is used whose table is not in tools/all_settings.cpp\n",
               stderr);
    std::abort();
  }
  return entries_[found->second];
}

const FamilyValues& Settings::get(const SettingFamily& family) const {
  const auto found = std::find_if(families_.begin(), families_.end(),
                                  [&](const auto& entry) { return entry.family == &family; });
  if (found == families_.end()) std::abort();  // As in entry().
  return found->values;
}

std::string Settings::describe() const {
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view value, std::string_view where,
                           std::string_view help) {
    out.append(name).append("=").append(value).append("  (").append(where);
    out.append(") ").append(help).append("\n");
  };
  for (const auto& entry : entries_) {
    line(entry.setting.name(), entry.setting.show(entry.value, entry.text), entry.where,
         entry.setting.help());
  }
  for (const auto& entry : families_) {
    for (const auto& [key, value] : entry.values) {
      const auto& [name, where] = entry.origins.at(key);
      line(name, entry.family->shown(key) ? value : "***", where, key);
    }
  }
  return out;
}

std::string Settings::for_shell(std::span<const std::string> names) const {
  std::string out;
  std::string given;
  for (const auto& name : names) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      throw BadConfiguration(name + " is not a setting" + meant_by(name));
    }
    const Entry& entry = entries_[found->second];
    out += "setting_" + name + "=" +
           shell_quoted(entry.setting.canonical(entry.value, entry.text)) + "\n";
    const bool is_given =
        entry.origin != SettingOrigin::kDefault && entry.origin != SettingOrigin::kInstance;
    if (is_given) given += " " + name;
  }
  std::string warnings;
  for (const auto& warning : warnings_) warnings += (warnings.empty() ? "" : "\n") + warning;
  return out + "settings_given=" + shell_quoted(given + " ") +
         "\nsettings_warnings=" + shell_quoted(warnings) + "\n";
}

}  // namespace orderflow::core
