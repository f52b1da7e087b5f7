#include "core/pg/url_parameters.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <memory>
#include <optional>

#include "core/settings/nearest.hpp"

namespace orderflow::core {
namespace {

// Of pools, caches and time-outs that other drivers have, of ORMs' schemas, and of what we set for
// every session ourselves.
constexpr std::string_view kPassedOver[] = {
    "applicationname",
    "binary_parameters",
    "charset",
    "command_timeout",
    "connection_limit",
    "connection_timeout",
    "connectionlimit",
    "connecttimeout",
    "currentschema",
    "default_query_exec_mode",
    "encoding",
    "idle_timeout",
    "loglevel",
    "logintimeout",
    "max_overflow",
    "pgbouncer",
    "pool_max_conns",
    "pool_min_conns",
    "pool_mode",
    "pool_recycle",
    "pool_size",
    "pool_timeout",
    "prepare",
    "prepared_statement_cache_size",
    "prepared_statements",
    "preparethreshold",
    "rewritebatchedinserts",
    "schema",
    "search_path",
    "socket_timeout",
    "sockettimeout",
    "statement_cache_capacity",
    "statement_cache_size",
    "statement_timeout",
    "stringtype",
    "supa",
    "targetservertype",
    "tcpkeepalive",
    "timezone",
    "uselibpqcompat",
};

// They say how the connection is guarded, in words that are not libpq's.
constexpr std::string_view kOfEncryption[] = {"ssl",        "ssl_mode",    "sslaccept", "sslca",
                                              "sslfactory", "sslidentity", "ssl_ca",    "tls"};

constexpr std::string_view kSslModes[] = {"disable", "allow",     "prefer",
                                          "require", "verify-ca", "verify-full"};
// Those that end at a server which takes writes.
constexpr std::string_view kServerKinds[] = {"any", "read-write", "primary"};

template <std::size_t Size>
bool contains(const std::string_view (&list)[Size], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char letter) {
    return letter < 0x80 ? static_cast<char>(std::tolower(letter)) : static_cast<char>(letter);
  });
  return out;
}

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    out +=
        escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

const std::vector<std::string>& libpq_keywords() {
  static const std::vector<std::string> keywords = [] {
    std::vector<std::string> names;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconndefaults(),
                                                                               &PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
      names.emplace_back(option->keyword);
    }
    return names;
  }();
  return keywords;
}

bool is_libpqs(std::string_view name, std::string_view value) {
  if (name == "ssl") return value == "true";  // libpq reads it as JDBC means it.
  const auto& keywords = libpq_keywords();
  return std::find(keywords.begin(), keywords.end(), name) != keywords.end();
}

// As libpq finds it: a password may hold question marks.
std::size_t query_begin(std::string_view url) {
  const auto authority = url.find("://") + 3;
  const auto end_of_user = url.find_first_of("@/", authority);
  const bool has_user = end_of_user != url.npos && url[end_of_user] == '@';
  return url.find('?', has_user ? end_of_user : authority);
}

// Else it may be the rest of a password with a slash and a question mark in it.
bool looks_like_a_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter == '.';
  });
}

// What the URL must be because of this parameter.
std::string refusal_of(const std::string& name) {
  if (!looks_like_a_name(name)) {
    return "without a parameter that is none of PostgreSQL's libpq (not shown: it may be part of a "
           "password, in which / is written %2F and ? is written %3F)";
  }
  if (contains(kOfEncryption, lower(name))) {
    return "one without '" + name +
           "', which is another driver's word about encryption: write sslmode=require or "
           "sslmode=verify-full";
  }
  return "one without '" + name + "', which is no parameter of PostgreSQL's libpq" +
         did_you_mean(name, libpq_keywords());
}

}  // namespace

std::string problem_of_parameter(std::string_view keyword, std::string_view value) {
  if (keyword == "sslmode" && !value.empty() && !contains(kSslModes, value)) {
    return "one with an sslmode of libpq's: disable, allow, prefer, require, verify-ca or "
           "verify-full "
           "(another driver's no-verify is require here)";
  }
  if (keyword == "replication" && !value.empty()) {
    return "one without 'replication', whose sessions take no ordinary statements";
  }
  if (keyword == "target_session_attrs" && !value.empty() && !contains(kServerKinds, value)) {
    return "one with target_session_attrs any, read-write or primary, since Orderflow writes";
  }
  return {};
}

tl::expected<LibpqUrl, std::string> without_foreign_parameters(std::string_view url) {
  const auto begin = query_begin(url);
  LibpqUrl kept{std::string(url.substr(0, begin)), {}};
  if (begin == url.npos) return kept;
  char separator = '?';
  for (std::string_view rest = url.substr(begin + 1); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = pair.find('=');
    const std::string name = percent_decoded(pair.substr(0, equals));
    const std::string value =
        equals == pair.npos ? std::string() : percent_decoded(pair.substr(equals + 1));
    if (is_libpqs(name, value)) {
      kept.url += separator;
      kept.url += pair;
      separator = '&';
    } else if (contains(kPassedOver, lower(name))) {
      kept.warnings.push_back("the URL's parameter '" + name +
                              "' is another driver's or tool's and has no effect here");
    } else {
      return tl::unexpected(refusal_of(name));
    }
  }
  return kept;
}

}  // namespace orderflow::core
