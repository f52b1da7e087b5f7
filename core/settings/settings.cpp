#include "core/settings/settings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/settings/config_file.hpp"
#include "core/settings/nearest.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr std::string_view kOurs = "ORDERFLOW_";
constexpr const char* kFileVariable = "ORDERFLOW_CONFIG";

std::string_view origin_text(SettingOrigin origin) {
  switch (origin) {
    case SettingOrigin::kDefault: return "default";
    case SettingOrigin::kFile: return "file";
    case SettingOrigin::kEnvironment: return "environment";
    case SettingOrigin::kFlag: return "flag";
  }
  return "default";
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

Settings::Settings(const SettingsTable& table) {
  for (const auto& setting : table.settings) {
    by_key_.emplace(setting.key(), entries_.size());
    by_name_.emplace(setting.name(), entries_.size());
    entries_.push_back({setting, std::string(setting.default_value()), {}});
  }
  for (const auto* family : table.families) families_.push_back({family, {}, {}});
}

Settings Settings::load(const SettingsSources& sources) {
  Settings settings(sources.table);
  if (const auto file = sources.environment.find(kFileVariable);
      file != sources.environment.end() && !file->second.empty()) {
    settings.take_file(file->second);
  }
  settings.take_environment(sources);
  for (const auto& [name, value] : sources.flags) {
    if (!settings.take(name, value, SettingOrigin::kFlag)) {
      throw BadConfiguration(name + " is not a setting" + did_you_mean(name, settings.names()));
    }
  }
  settings.read_values();
  settings.read_families();
  return settings;
}

bool Settings::take(const std::string& name, const std::string& value, SettingOrigin origin) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    Entry& entry = entries_[found->second];
    const bool unset =
        origin == SettingOrigin::kEnvironment && value.empty() && !entry.setting.empty_is_value();
    if (!unset) {
      entry.text = value;
      entry.origin = origin;
    }
    return true;
  }
  for (auto& entry : families_) {
    if (!name.starts_with(entry.family->prefix)) continue;
    const std::string key = entry.family->key_of(name);
    entry.values[key] = value;
    entry.origins[key] = {name, origin};
    return true;
  }
  return false;
}

void Settings::take_file(const std::string& path) {
  for (const auto& [name, value] : read_config_file(path)) {
    if (take(name, value, SettingOrigin::kFile)) continue;
    throw BadConfiguration(path + " sets " + name + ", which is not a setting" +
                           did_you_mean(name, names()) + "; `orderflow check-config` lists them");
  }
}

void Settings::take_environment(const SettingsSources& sources) {
  std::vector<std::string> links;
  for (const auto& [name, value] : sources.environment) {
    const bool ours = name.starts_with(kOurs);
    if (is_service_link(name, value)) {
      if (ours) links.push_back(name);
    } else if (!take(name, value, SettingOrigin::kEnvironment) && ours &&
               !is_foreign(name, sources.table.foreign)) {
      warnings_.push_back("the environment variable " + name +
                          " is not a setting and has no effect" + did_you_mean(name, names()));
    }
  }
  if (links.empty()) return;
  warnings_.push_back("passed over as addresses of services that Kubernetes announces, not " +
                      std::string("settings: ") + joined(links));
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

std::vector<std::string> Settings::names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.emplace_back(entry.setting.name());
  return names;
}

std::string Settings::describe() const {
  std::string out;
  const auto line = [&out](std::string_view name, std::string_view value, SettingOrigin origin,
                           std::string_view help) {
    out.append(name).append("=").append(value).append("  (").append(origin_text(origin));
    out.append(") ").append(help).append("\n");
  };
  for (const auto& entry : entries_) {
    line(entry.setting.name(), entry.setting.show(entry.value, entry.text), entry.origin,
         entry.setting.help());
  }
  for (const auto& entry : families_) {
    for (const auto& [key, value] : entry.values) {
      const auto& [name, origin] = entry.origins.at(key);
      line(name, entry.family->shown(key) ? value : "***", origin, key);
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
      throw BadConfiguration(name + " is not a setting" + did_you_mean(name, this->names()));
    }
    const Entry& entry = entries_[found->second];
    out += name + "=" + shell_quoted(entry.setting.canonical(entry.value, entry.text)) + "\n";
    if (entry.origin != SettingOrigin::kDefault) given += " " + name;
  }
  std::string warnings;
  for (const auto& warning : warnings_) warnings += (warnings.empty() ? "" : "\n") + warning;
  return out + "settings_given=" + shell_quoted(given + " ") +
         "\nsettings_warnings=" + shell_quoted(warnings) + "\n";
}

}  // namespace orderflow::core
