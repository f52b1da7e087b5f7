#include "core/pg/database_url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

constexpr const char* kForms = "postgresql://user:password@host:port/database or key=value pairs";

enum class Passwords { kKept, kMasked };

// As key=value pairs. Read by libpq itself: it takes more than a URL may hold (several hosts, say),
// and whoever else looks for the password overlooks some way to write it. Nothing when libpq cannot
// read it.
std::optional<std::string> conninfo_pairs(const std::string& conninfo, Passwords passwords) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
  if (!options) return std::nullopt;
  std::string pairs;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    const bool masked = passwords == Passwords::kMasked && keyword.ends_with("password");
    const std::string_view value = masked ? "***" : option->val;
    // A value with a space would otherwise be read back as going on with another setting.
    const bool plain = !value.empty() && value.find_first_of(" \t\n\v\f\r'\\") == value.npos;
    pairs.append(pairs.empty() ? "" : " ").append(keyword).append("=");
    pairs.append(plain ? std::string(value) : quoted_conninfo_value(value));
  }
  return pairs;
}

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

std::string quoted_conninfo_value(std::string_view value) {
  std::string quoted = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "'";
}

DatabaseUrl DatabaseUrl::with(std::string_view keyword, std::string_view value) const {
  auto pairs = conninfo_pairs(conninfo_, Passwords::kKept);
  if (!pairs) return *this;  // libpq says what is wrong with it when it is used.
  DatabaseUrl url;
  url.conninfo_ = std::move(pairs->append(pairs->empty() ? "" : " ")
                                .append(keyword)
                                .append("=")
                                .append(quoted_conninfo_value(value)));
  return url;
}

std::string DatabaseUrl::shown() const {
  return conninfo_pairs(conninfo_, Passwords::kMasked).value_or("(unreadable)");
}

}  // namespace orderflow::core
