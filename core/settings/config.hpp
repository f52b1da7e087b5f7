#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::core {

enum class SettingKind { kText, kInteger, kDuration, kRate, kUrl };

// One documented setting. `flag` is the command line's spelling without the dashes, `env` the
// environment's; both mean the same. Bounds hold for integers, and in milliseconds for durations.
struct SettingSpec {
  std::string_view flag;
  std::string_view env;
  std::string_view default_value;
  SettingKind kind = SettingKind::kText;
  std::string_view help;
  std::int64_t minimum = 0;
  std::int64_t maximum = INT64_MAX;
  bool secret = false;
};

// Every setting there is, in the order the README lists them.
[[nodiscard]] std::span<const SettingSpec> all_settings();

// The program's configuration: flags over environment over file (named by ORDERFLOW_CONFIG, lines
// of NAME=value) over defaults. Complete and checked once loaded; immutable, so any thread may read
// it.
class Config {
 public:
  // `flags` are the arguments after the role. Throws BadConfiguration, naming the setting and the
  // remedy, for an unknown flag, an unreadable file or a value out of its bounds.
  [[nodiscard]] static Config load(std::span<const std::string> flags,
                                   const std::map<std::string, std::string>& environment);

  // By flag name; asking for a name that is not in all_settings() ends the program.
  [[nodiscard]] const std::string& text(std::string_view flag) const;
  [[nodiscard]] std::int64_t integer(std::string_view flag) const;
  [[nodiscard]] Duration duration(std::string_view flag) const;
  [[nodiscard]] double rate(std::string_view flag) const;

  // Arguments that are not flags, in order.
  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }

  // Properties for librdkafka from ORDERFLOW_KAFKA_<NAME>: lower case, underscores become dots.
  [[nodiscard]] const std::map<std::string, std::string>& kafka_properties() const {
    return kafka_properties_;
  }

  // A copy with some values replaced, checked again. For tests and `all`.
  [[nodiscard]] Config with(const std::map<std::string, std::string>& by_flag) const;

  // One line a setting: NAME=value (where it came from); secrets are masked.
  [[nodiscard]] std::string describe() const;

 private:
  void check() const;

  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> origins_;
  std::map<std::string, std::string> kafka_properties_;
  std::vector<std::string> positional_;
};

// The environment of this process as a map.
[[nodiscard]] std::map<std::string, std::string> process_environment();

// Any spelling people use (postgres://, postgresql+asyncpg://, key=value) to one libpq accepts.
// Throws BadConfiguration for another scheme.
[[nodiscard]] std::string normalize_database_url(std::string_view url);

// A value of a key=value pair, in quotes, as libpq reads it.
[[nodiscard]] std::string quoted_conninfo_value(std::string_view value);

// The same as key=value pairs without passwords, for messages.
[[nodiscard]] std::string mask_database_url(std::string_view url);

}  // namespace orderflow::core
