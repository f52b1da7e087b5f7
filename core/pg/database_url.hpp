#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "core/settings/setting.hpp"

namespace orderflow::core {

// Where the database is and how to log in, in a form that libpq takes. A value.
class DatabaseUrl {
 public:
  // Whatever libpq finds in its own environment.
  DatabaseUrl() = default;

  // Any spelling people use: postgresql://, postgres://, postgresql+asyncpg://, key=value pairs.
  // Throws BadConfiguration for anything else.
  explicit DatabaseUrl(std::string_view text);

  // The same, with what it must be instead of an exception.
  [[nodiscard]] static tl::expected<DatabaseUrl, std::string> parse(std::string_view text);

  // For libpq alone: it holds the password.
  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }

  // As key=value pairs for people; passwords are masked.
  [[nodiscard]] std::string shown() const;

  // With one more parameter of libpq's.
  [[nodiscard]] DatabaseUrl with(std::string_view keyword, std::string_view value) const;

 private:
  std::string conninfo_;
};

// A value of a key=value pair, in quotes, as libpq reads it.
[[nodiscard]] std::string quoted_conninfo_value(std::string_view value);

template <>
struct SettingType<DatabaseUrl> {
  using Limits = NoLimits;
  static constexpr bool kMayBeShown = true;
  static constexpr bool empty_is_value(const Limits&) { return false; }
  static tl::expected<DatabaseUrl, std::string> read(std::string_view text, const Limits&) {
    return DatabaseUrl::parse(text);
  }
  static std::string canonical(const DatabaseUrl& url) { return url.conninfo(); }
  static std::string show(const DatabaseUrl* url, const std::string&) {
    return url == nullptr ? "***" : url->shown();
  }
};

}  // namespace orderflow::core
