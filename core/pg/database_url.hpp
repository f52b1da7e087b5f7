#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "core/pg/server_state.hpp"
#include "core/settings/setting.hpp"

namespace orderflow::core {

// One of the servers that a URL names, in libpq's terms; what is empty has libpq's default.
struct PgHost {
  std::string name;
  std::string address;
  std::string port;

  friend bool operator==(const PgHost&, const PgHost&) = default;
};

// Where the database is and how to log in, in a form that libpq takes. A value, whose copies share
// what sessions learn of the server. Safe from any thread.
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

  // What it says of one of libpq's keywords.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view keyword) const;

  // At most one when it names none or one.
  [[nodiscard]] std::vector<PgHost> hosts() const;

  // Shared by all copies of a URL.
  [[nodiscard]] ServerState& server() const { return *server_; }

  // As key=value pairs for people; what is not known to be harmless is masked.
  [[nodiscard]] std::string shown() const;

  // Without one of libpq's keywords, if it has it.
  [[nodiscard]] DatabaseUrl without(std::string_view keyword) const;

  // Parameters of other drivers that have no effect here, a sentence each.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::string conninfo_;
  std::vector<std::string> warnings_;
  std::shared_ptr<ServerState> server_ = std::make_shared<ServerState>();
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
  static std::vector<std::string> warnings(const DatabaseUrl& url) { return url.warnings(); }
};

}  // namespace orderflow::core
