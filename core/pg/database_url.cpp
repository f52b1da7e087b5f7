#include "core/pg/database_url.hpp"

#include <libpq-fe.h>

#include <memory>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr const char* kForms = "postgresql://user:password@host:port/database or key=value pairs";

}  // namespace

DatabaseUrl::DatabaseUrl(std::string_view text) {
  auto url = parse(text);
  if (!url) throw BadConfiguration("the database URL must be " + url.error());
  *this = *std::move(url);
}

tl::expected<DatabaseUrl, std::string> DatabaseUrl::parse(std::string_view text) {
  DatabaseUrl url;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    if (text.find('=') == std::string_view::npos) return tl::unexpected(std::string(kForms));
    url.conninfo_ = text;
    return url;
  }
  std::string_view scheme = text.substr(0, scheme_end);
  scheme = scheme.substr(0, scheme.find('+'));  // postgresql+asyncpg, postgres+psycopg2, ...
  if (scheme != "postgres" && scheme != "postgresql") {
    return tl::unexpected(std::string(kForms) + ", since Orderflow needs PostgreSQL");
  }
  url.conninfo_ = "postgresql" + std::string(text.substr(scheme_end));
  return url;
}

DatabaseUrl DatabaseUrl::with(std::string_view keyword, std::string_view value) const {
  DatabaseUrl url;
  const bool is_url = conninfo_.find("://") != std::string::npos;
  const char* between = !is_url ? " " : conninfo_.find('?') == std::string::npos ? "?" : "&";
  url.conninfo_ = conninfo_ + between + std::string(keyword) + "=" + std::string(value);
  return url;
}

std::string quoted_conninfo_value(std::string_view value) {
  std::string quoted = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "'";
}

std::string DatabaseUrl::shown() const {
  // Read by libpq itself: whoever else looks for the password overlooks some way to write it.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(conninfo_.c_str(), nullptr), &PQconninfoFree);
  if (!options) return "(unreadable)";
  std::string shown;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (!shown.empty()) shown += ' ';
    const std::string_view value = keyword.ends_with("password") ? "***" : option->val;
    // A value with a space would otherwise be read back as going on with another setting.
    const bool plain = !value.empty() && value.find_first_of(" \t\n\v\f\r'\\") == value.npos;
    shown.append(keyword).append("=").append(plain ? std::string(value)
                                                   : quoted_conninfo_value(value));
  }
  return shown;
}

}  // namespace orderflow::core
