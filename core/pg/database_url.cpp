#include "core/pg/database_url.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "core/pg/url_parameters.hpp"
#include "core/values/failure.hpp"
#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

constexpr const char* kForms =
    "postgresql://user:password@host:port/database or key=value pairs, as libpq reads them";

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// Read by libpq itself: it takes more than a URL may hold (several hosts, say), and whoever else
// looks for the password overlooks some way to write it. Null when libpq cannot read it.
Options options_of(const std::string& conninfo) {
  return {PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree};
}

// What says where the server is and how it is reached. Whatever libpq brings besides stays masked:
// passwords, but also options, which may set anything.
constexpr std::string_view kShownKeywords[] = {"application_name",
                                               "channel_binding",
                                               "client_encoding",
                                               "connect_timeout",
                                               "dbname",
                                               "gssencmode",
                                               "host",
                                               "hostaddr",
                                               "keepalives",
                                               "keepalives_count",
                                               "keepalives_idle",
                                               "keepalives_interval",
                                               "passfile",
                                               "port",
                                               "service",
                                               "sslcert",
                                               "sslcrl",
                                               "sslkey",
                                               "sslmode",
                                               "sslrootcert",
                                               "target_session_attrs",
                                               "tcp_user_timeout",
                                               "user"};

bool may_be_shown(std::string_view keyword) {
  return std::find(std::begin(kShownKeywords), std::end(kShownKeywords), keyword) !=
         std::end(kShownKeywords);
}

enum class Secrets { kKept, kMasked };

// As key=value pairs, all but one that is left out.
std::string conninfo_pairs(const std::string& conninfo, Secrets secrets,
                           std::string_view left_out = {}) {
  std::string pairs;
  const Options options = options_of(conninfo);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val == nullptr || keyword == left_out) continue;
    const bool masked = secrets == Secrets::kMasked && !may_be_shown(keyword);
    const std::string_view value = masked ? "***" : option->val;
    // A value with a space would otherwise be read back as going on with another setting.
    const bool plain = !value.empty() && value.find_first_of(" \t\n\v\f\r'\\") == value.npos;
    pairs.append(pairs.empty() ? "" : " ").append(keyword).append("=");
    pairs.append(plain ? std::string(value) : quoted_conninfo_value(value));
  }
  return pairs;
}

// Commas part hosts, addresses and ports; a single port holds for every host.
std::vector<std::string> split(const std::optional<std::string>& list) {
  std::vector<std::string> parts;
  if (!list) return parts;
  for (std::string_view rest = *list;;) {
    const auto comma = rest.find(',');
    parts.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    rest.remove_prefix(comma + 1);
  }
}

std::string at(const std::vector<std::string>& parts, std::size_t index) {
  if (parts.size() == 1) return parts.front();
  return index < parts.size() ? parts[index] : std::string();
}

bool is_scheme(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '+' || letter == '-' || letter == '.';
  });
}

bool is_port(const std::string& text) {
  const auto port = parse_number<int>(text);
  return text.empty() || (port && *port >= 1 && *port <= 65'535);
}

bool is_host(const std::string& text) {
  const bool is_folder = text.starts_with('/') || text.starts_with('@');  // Of a Unix socket.
  return text.find_first_of(is_folder ? "" : "/@") == std::string::npos;
}

// An unescaped / or @ in a URL's password makes libpq take a part of it for a host, a port or a
// database, which are shown. So nothing of them is said here either.
std::string problem_of_place(std::string_view keyword, const std::string& value, bool is_url) {
  constexpr const char* kEscape = "; in a URL's password / is written %2F, @ is %40 and : is %3A";
  const auto parts = split(value);
  if (keyword == "port" && !std::all_of(parts.begin(), parts.end(), is_port)) {
    return std::string("a URL whose port is a number from 1 to 65535") + kEscape;
  }
  if (keyword == "host" && !std::all_of(parts.begin(), parts.end(), is_host)) {
    return std::string("a URL whose host has neither / nor @ in its name") + kEscape;
  }
  if (keyword == "dbname" && is_url && value.find_first_of("/@") != std::string::npos) {
    return std::string("a URL whose database has neither / nor @ in its name") + kEscape;
  }
  const bool is_time = keyword == "connect_timeout";
  if (is_time && !parse_number<std::uint32_t>(value)) {
    return "one whose connect_timeout is a whole number of seconds";
  }
  return {};
}

// What a text must be that cannot be a connection string; nothing when it can.
std::optional<std::string> problem_of_conninfo(const std::string& conninfo, bool is_url) {
  const Options options = options_of(conninfo);
  if (!options) return std::string(kForms) + " (a value with spaces stands in quotes)";
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    std::string problem = problem_of_parameter(option->keyword, option->val);
    if (problem.empty()) problem = problem_of_place(option->keyword, option->val, is_url);
    if (!problem.empty()) return problem;
  }
  return std::nullopt;
}

}  // namespace

DatabaseUrl::DatabaseUrl(std::string_view text) {
  auto url = parse(text);
  if (!url) throw BadConfiguration("the database URL must be " + url.error());
  *this = *std::move(url);
}

tl::expected<DatabaseUrl, std::string> DatabaseUrl::parse(std::string_view text) {
  DatabaseUrl url;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);  // Of a file that ends with a line's end.
  }
  const auto scheme_end = text.find("://");
  const bool is_url = scheme_end != std::string_view::npos && is_scheme(text.substr(0, scheme_end));
  if (is_url) {
    std::string_view scheme = text.substr(0, scheme_end);
    scheme = scheme.substr(0, scheme.find('+'));  // postgresql+asyncpg, postgres+psycopg2, ...
    if (scheme != "postgres" && scheme != "postgresql") {
      return tl::unexpected(std::string(kForms) + ", since Orderflow needs PostgreSQL");
    }
    auto libpqs = without_foreign_parameters("postgresql" + std::string(text.substr(scheme_end)));
    if (!libpqs) return tl::unexpected(libpqs.error());
    url.conninfo_ = std::move(libpqs->url);
    url.warnings_ = std::move(libpqs->warnings);
  } else {
    if (text.find('=') == std::string_view::npos) return tl::unexpected(std::string(kForms));
    url.conninfo_ = text;
  }
  if (auto problem = problem_of_conninfo(url.conninfo_, is_url))
    return tl::unexpected(*std::move(problem));
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

std::optional<std::string> DatabaseUrl::parameter(std::string_view keyword) const {
  const Options options = options_of(conninfo_);
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return std::nullopt;
}

std::vector<PgHost> DatabaseUrl::hosts() const {
  const auto names = split(parameter("host"));
  const auto addresses = split(parameter("hostaddr"));
  const auto ports = split(parameter("port"));
  std::vector<PgHost> hosts;
  for (std::size_t i = 0; i < std::max(names.size(), addresses.size()); ++i) {
    hosts.push_back(
        {i < names.size() ? names[i] : "", i < addresses.size() ? addresses[i] : "", at(ports, i)});
  }
  return hosts;
}

std::string DatabaseUrl::shown() const { return conninfo_pairs(conninfo_, Secrets::kMasked); }

DatabaseUrl DatabaseUrl::without(std::string_view keyword) const {
  DatabaseUrl url = *this;
  url.conninfo_ = conninfo_pairs(conninfo_, Secrets::kKept, keyword);
  return url;
}

}  // namespace orderflow::core
