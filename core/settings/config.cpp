#include "core/settings/config.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>

#include "core/values/failure.hpp"

extern char**
    environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program.

namespace orderflow::core {
namespace {

using enum SettingKind;

constexpr SettingSpec kSettings[] = {
    {"database-url", "DATABASE_URL", "postgresql://127.0.0.1:15432/orderflow", kUrl,
     "PostgreSQL; any common spelling", 0, 0, true},
    {"database-patience", "ORDERFLOW_DATABASE_PATIENCE", "60s", kDuration,
     "time `migrate` and `seed` wait for a database that does not answer", 1, 3600000},
    {"bootstrap-servers", "KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:19092", kText,
     "Kafka brokers, host:port separated by commas"},
    {"topic-prefix", "ORDERFLOW_TOPIC_PREFIX", "", kText,
     "put before each topic and group name, so that installations can share a cluster"},
    {"partitions", "ORDERFLOW_PARTITIONS", "8", kInteger,
     "partitions of a new installation's topics; a power of two", 1, 1024},
    {"replication-factor", "ORDERFLOW_REPLICATION_FACTOR", "1", kInteger,
     "replicas of each topic when they are created", 1, 9},
    {"fetch-wait", "ORDERFLOW_FETCH_WAIT", "250ms", kDuration,
     "time a broker may hold a fetch that finds nothing; the embedded broker always does", 1,
     60000},
    {"http-host", "ORDERFLOW_HTTP_HOST", "127.0.0.1", kText, "address the servers listen on"},
    {"http-port", "ORDERFLOW_HTTP_PORT", "8080", kInteger, "port of the public HTTP API", 0, 65535},
    {"metrics-port-base", "ORDERFLOW_METRICS_PORT_BASE", "0", kInteger,
     "health and metrics of the other roles: base + 1, 2, ...; 0 means HTTP port + 1000", 0, 65000},
    {"http-threads", "ORDERFLOW_HTTP_THREADS", "0", kInteger,
     "threads that serve HTTP; 0 means one a core", 0, 64},
    {"http-body-limit", "ORDERFLOW_HTTP_BODY_LIMIT", "65536", kInteger,
     "largest request body in bytes", 1024, 16777216},
    {"http-header-limit", "ORDERFLOW_HTTP_HEADER_LIMIT", "16384", kInteger,
     "largest request header in bytes", 1024, 1048576},
    {"http-read-timeout", "ORDERFLOW_HTTP_READ_TIMEOUT", "10s", kDuration,
     "time a client has to send one whole request", 100, 600000},
    {"http-idle-timeout", "ORDERFLOW_HTTP_IDLE_TIMEOUT", "60s", kDuration,
     "time a connection may stay idle between requests", 100, 3600000},
    {"http-request-timeout", "ORDERFLOW_HTTP_REQUEST_TIMEOUT", "10s", kDuration,
     "time the server has to answer a request (waits excepted)", 100, 600000},
    {"http-connections", "ORDERFLOW_HTTP_CONNECTIONS", "10000", kInteger,
     "open client connections at most", 1, 1000000},
    {"broker-port", "ORDERFLOW_BROKER_PORT", "19092", kInteger, "port of the embedded broker", 0,
     65535},
    {"db-pool", "ORDERFLOW_DB_POOL", "4", kInteger,
     "database connections for each context's reads at the front ends", 1, 64},
    {"batch-limit", "ORDERFLOW_BATCH_LIMIT", "1000", kInteger,
     "messages or orders in one transaction at most", 1, 100000},
    {"saga-cache", "ORDERFLOW_SAGA_CACHE", "100000", kInteger,
     "sagas an orchestrator keeps in memory at most", 100, 10000000},
    {"backlog-age-limit", "ORDERFLOW_BACKLOG_AGE_LIMIT", "3s", kDuration,
     "wait for a first look from which every new order gets 429; a growing share from a third on",
     100, 3600000},
    {"retry-attempts", "ORDER_CONSUMER_RETRY_ATTEMPTS", "5", kInteger,
     "attempts of a saga step before it waits for a person", 1, 1000},
    {"retry-backoff-initial", "ORDER_CONSUMER_BACKOFF_INITIAL", "200ms", kDuration,
     "first pause between attempts; a plain number means seconds", 1, 3600000},
    {"retry-backoff-multiplier", "ORDER_CONSUMER_BACKOFF_MULTIPLIER", "2", kRate,
     "growth of the pause from attempt to attempt", 1, 100},
    {"retry-backoff-max", "ORDERFLOW_RETRY_BACKOFF_MAX", "10s", kDuration,
     "longest pause between attempts", 1, 86400000},
    {"payment-timeout", "ORDERFLOW_PAYMENT_TIMEOUT", "5s", kDuration,
     "wait for a reply of the payment step before it is tried again", 10, 86400000},
    {"delivery-timeout", "ORDERFLOW_DELIVERY_TIMEOUT", "5s", kDuration,
     "wait for a reply of the delivery step before it is tried again", 10, 86400000},
    {"probe-interval", "ORDERFLOW_PROBE_INTERVAL", "15s", kDuration,
     "pause between probes of a saga that needs attention", 10, 86400000},
    {"simulation-seed", "ORDERFLOW_SIMULATION_SEED", "1", kInteger,
     "makes simulated failures repeatable"},
    {"simulation-magic", "ORDERFLOW_SIMULATION_MAGIC", "0", kInteger,
     "1: orders may ask for failures by magic values (domain/README.md); never in production", 0,
     1},
    {"payment-success-rate", "PAYMENT_SUCCESS_RATE", "1.0", kRate,
     "share of captures the simulated card network accepts", 0, 1},
    {"payment-silence-rate", "ORDERFLOW_PAYMENT_SILENCE_RATE", "0", kRate,
     "share of payment commands that get no reply (simulated time-out)", 0, 1},
    {"payment-failure-rate", "ORDERFLOW_PAYMENT_FAILURE_RATE", "0", kRate,
     "share of payment commands that fail technically", 0, 1},
    {"payment-latency", "ORDERFLOW_PAYMENT_LATENCY", "0ms", kDuration,
     "simulated latency of the card network", 0, 60000},
    {"carrier-failure-rate", "ORDERFLOW_CARRIER_FAILURE_RATE", "0", kRate,
     "share of deliveries no carrier takes", 0, 1},
    {"carrier-silence-rate", "ORDERFLOW_CARRIER_SILENCE_RATE", "0", kRate,
     "share of delivery commands that get no reply (simulated time-out)", 0, 1},
    {"carrier-time", "ORDERFLOW_CARRIER_TIME", "20s", kDuration,
     "time from schedule to delivery of the simulated carrier", 0, 86400000},
    {"crash-at", "ORDERFLOW_CRASH_AT", "", kText,
     "for tests: POINT:PASSING dies there, POINT:PASSING:stop stops; `orderflow crash-points` "
     "lists them"},
    {"internal-api-key", "INTERNAL_API_KEY", "", kText,
     "key that operator routes ask for; empty closes them", 0, 0, true},
    {"log-level", "LOG_LEVEL", "info", kText, "debug, info, warning or error"},
    {"offers-service-url", "OFFERS_SERVICE_URL", "", kText, "external offers service"},
    {"offers-refresh-token", "OFFERS_REFRESH_TOKEN", "", kText, "its refresh token", 0, 0, true},
    {"sync-schedule", "SYNC_SCHEDULE", "*/30 * * * * *", kText, "cron schedule of the offer sync"},
};

const SettingSpec* find_setting(std::string_view name, bool by_env) {
  const auto* found = std::find_if(std::begin(kSettings), std::end(kSettings), [&](const auto& s) {
    return (by_env ? s.env : s.flag) == name;
  });
  return found == std::end(kSettings) ? nullptr : found;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "250ms", "3s", "2m"; a plain number is seconds.
std::optional<Duration> parse_duration(std::string_view text) {
  double unit_us = 1e6;
  const auto ends_with = [&](std::string_view suffix) { return text.ends_with(suffix); };
  if (ends_with("ms")) {
    unit_us = 1e3;
    text.remove_suffix(2);
  } else if (ends_with("s")) {
    text.remove_suffix(1);
  } else if (ends_with("m")) {
    unit_us = 60e6;
    text.remove_suffix(1);
  }
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > 1e9) return std::nullopt;
  return Duration{static_cast<std::int64_t>(*number * unit_us)};
}

[[noreturn]] void reject(const SettingSpec& spec, const std::string& value, std::string_view want) {
  throw BadConfiguration(std::string(spec.env) + " is '" + (spec.secret ? "***" : value) +
                         "'; it must be " + std::string(want));
}

std::string range_of(const SettingSpec& spec, std::string_view what) {
  return std::string(what) + " from " + std::to_string(spec.minimum) + " to " +
         std::to_string(spec.maximum);
}

void check_value(const SettingSpec& spec, const std::string& value) {
  switch (spec.kind) {
    case kText: return;
    case kUrl: (void)normalize_database_url(value); return;
    case kInteger: {
      const auto number = parse_integer(value);
      if (!number || *number < spec.minimum || *number > spec.maximum) {
        reject(spec, value, range_of(spec, "a whole number"));
      }
      return;
    }
    case kRate: {
      const auto number = parse_number(value);
      if (!number || *number < static_cast<double>(spec.minimum) ||
          *number > static_cast<double>(spec.maximum)) {
        reject(spec, value, range_of(spec, "a number"));
      }
      return;
    }
    case kDuration: {
      const auto duration = parse_duration(value);
      const Duration low = std::chrono::milliseconds{spec.minimum};
      const Duration high = std::chrono::milliseconds{spec.maximum};
      if (!duration || *duration < low || *duration > high) {
        reject(spec, value, "a duration such as 250ms, 3s or 2m," + range_of(spec, "") + " ms");
      }
      return;
    }
  }
}

std::map<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw BadConfiguration("ORDERFLOW_CONFIG names '" + path +
                           "', which cannot be read; create it or unset the variable");
  }
  std::map<std::string, std::string> values;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw BadConfiguration(path + " line " + std::to_string(number) + " is not NAME=value");
    }
    values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return values;
}

constexpr std::string_view kKafkaPrefix = "ORDERFLOW_KAFKA_";

std::string kafka_property_name(std::string_view env) {
  std::string name;
  for (const char c : env.substr(kKafkaPrefix.size())) {
    name += c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

}  // namespace

std::span<const SettingSpec> all_settings() { return kSettings; }

Config Config::load(std::span<const std::string> flags,
                    const std::map<std::string, std::string>& environment) {
  Config config;
  for (const auto& spec : kSettings) {
    config.values_[std::string(spec.flag)] = spec.default_value;
    config.origins_[std::string(spec.flag)] = "default";
  }
  const auto take = [&config](const std::map<std::string, std::string>& from, const char* origin,
                              bool strict) {
    for (const auto& [name, value] : from) {
      if (const auto* spec = find_setting(name, true)) {
        config.values_[std::string(spec->flag)] = value;
        config.origins_[std::string(spec->flag)] = origin;
      } else if (name.starts_with(kKafkaPrefix)) {
        config.kafka_properties_[kafka_property_name(name)] = value;
      } else if (strict) {
        throw BadConfiguration("the configuration file sets " + name +
                               ", which is not a setting; `orderflow check-config` lists them");
      }
    }
  };
  if (const auto file = environment.find("ORDERFLOW_CONFIG"); file != environment.end()) {
    take(read_file(file->second), "file", true);
  }
  take(environment, "environment", false);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    std::string flag = flags[i];
    if (!flag.starts_with("--")) {
      config.positional_.push_back(flag);
      continue;
    }
    flag.erase(0, 2);
    std::string value;
    if (const auto equals = flag.find('='); equals != std::string::npos) {
      value = flag.substr(equals + 1);
      flag.erase(equals);
    } else if (i + 1 < flags.size()) {
      value = flags[++i];
    }
    if (find_setting(flag, false) == nullptr) {
      throw BadConfiguration("unknown flag --" + flag + "; `orderflow check-config` lists them");
    }
    config.values_[flag] = value;
    config.origins_[flag] = "flag";
  }
  config.check();
  return config;
}

void Config::check() const {
  for (const auto& spec : kSettings) check_value(spec, text(spec.flag));
  const auto partitions = integer("partitions");
  if ((partitions & (partitions - 1)) != 0) {
    throw BadConfiguration("ORDERFLOW_PARTITIONS is " + std::to_string(partitions) +
                           "; it must be a power of two (1, 2, 4, 8, ...)");
  }
}

Config Config::with(const std::map<std::string, std::string>& by_flag) const {
  Config copy = *this;
  for (const auto& [flag, value] : by_flag) {
    if (find_setting(flag, false) == nullptr) throw BadConfiguration("unknown setting " + flag);
    copy.values_[flag] = value;
    copy.origins_[flag] = "override";
  }
  copy.check();
  return copy;
}

const std::string& Config::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) std::abort();  // A misspelt name is a defect of the program.
  return found->second;
}

std::int64_t Config::integer(std::string_view flag) const {
  return parse_integer(text(flag)).value();
}

Duration Config::duration(std::string_view flag) const {
  return parse_duration(text(flag)).value();
}

double Config::rate(std::string_view flag) const { return parse_number(text(flag)).value(); }

std::string Config::describe() const {
  std::string out;
  for (const auto& spec : kSettings) {
    std::string value = text(spec.flag);
    if (spec.kind == kUrl) {
      value = mask_database_url(value);
    } else if (spec.secret && !value.empty()) {
      value = "***";
    }
    out += std::string(spec.env) + "=" + value + "  (" + origins_.find(spec.flag)->second + ") " +
           std::string(spec.help) + "\n";
  }
  for (const auto& [name, value] : kafka_properties_) {
    const bool secret = name.find("password") != std::string::npos || name.ends_with(".pem");
    out += "librdkafka " + name + "=" + (secret ? "***" : value) + "\n";
  }
  return out;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    if (const auto equals = line.find('='); equals != std::string_view::npos) {
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return environment;
}

std::string normalize_database_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    if (url.find('=') != std::string_view::npos) return std::string(url);
    throw BadConfiguration(
        "DATABASE_URL is neither postgresql://user:password@host:port/database nor key=value "
        "pairs");
  }
  std::string_view scheme = url.substr(0, scheme_end);
  scheme = scheme.substr(0, scheme.find('+'));  // postgresql+asyncpg, postgres+psycopg2, ...
  if (scheme != "postgres" && scheme != "postgresql") {
    throw BadConfiguration("DATABASE_URL has the scheme '" + std::string(scheme) +
                           "'; Orderflow needs PostgreSQL: postgresql://user@host:port/database");
  }
  return "postgresql" + std::string(url.substr(scheme_end));
}

std::string quoted_conninfo_value(std::string_view value) {
  std::string quoted = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + "'";
}

std::string mask_database_url(std::string_view url) {
  // Read by libpq itself: whoever else looks for the password overlooks some way to write it.
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(std::string(url).c_str(), nullptr), &PQconninfoFree);
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
