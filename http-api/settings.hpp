#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/settings/setting.hpp"
#include "core/values/ip_address.hpp"

namespace orderflow::http_api {

inline std::string_view address_must_be(std::string_view text) {
  return core::is_ip_address(text)
             ? ""
             : "an IP address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0 (every one)";
}

inline constexpr core::Setting<std::string> kHttpHost{
    .name = "ORDERFLOW_HTTP_HOST",
    .default_value = "127.0.0.1",
    .limits = {.must_be = &address_must_be},
    .help = "IP address that every role listens on; 0.0.0.0 or :: for all of them",
    .shown = true};

inline constexpr core::Setting<std::uint16_t> kHttpPort{
    .name = "ORDERFLOW_HTTP_PORT", .default_value = "8080", .help = "port of the public HTTP API"};

inline constexpr core::Setting<std::uint16_t> kMetricsPortBase{
    .name = "ORDERFLOW_METRICS_PORT_BASE",
    .default_value = "0",
    .limits = {0, 65'000},
    .help =
        "health and metrics of the other roles: base + 1, 2, ..., of their second processes base + "
        "11, 12, ...; 0 means HTTP port + 1000"};

inline constexpr core::Setting<std::size_t> kHttpThreads{
    .name = "ORDERFLOW_HTTP_THREADS",
    .default_value = "0",
    .limits = {0, 64},
    .help = "threads that serve HTTP; 0 means one per core"};

inline constexpr core::Setting<std::size_t> kHttpBodyLimit{.name = "ORDERFLOW_HTTP_BODY_LIMIT",
                                                           .default_value = "65536",
                                                           .limits = {1024, 16'777'216},
                                                           .help = "largest request body in bytes"};

inline constexpr core::Setting<std::size_t> kHttpHeaderLimit{
    .name = "ORDERFLOW_HTTP_HEADER_LIMIT",
    .default_value = "16384",
    .limits = {1024, 1'048'576},
    .help = "largest request header in bytes"};

inline constexpr core::Setting<core::Duration> kHttpReadTimeout{
    .name = "ORDERFLOW_HTTP_READ_TIMEOUT",
    .default_value = "10s",
    .limits = {std::chrono::milliseconds{100}, std::chrono::minutes{10}},
    .help = "time a client has to send one whole request"};

inline constexpr core::Setting<core::Duration> kHttpIdleTimeout{
    .name = "ORDERFLOW_HTTP_IDLE_TIMEOUT",
    .default_value = "60s",
    .limits = {std::chrono::milliseconds{100}, std::chrono::hours{1}},
    .help = "time a connection may stay idle between requests"};

inline constexpr core::Setting<core::Duration> kHttpRequestTimeout{
    .name = "ORDERFLOW_HTTP_REQUEST_TIMEOUT",
    .default_value = "10s",
    .limits = {std::chrono::milliseconds{100}, std::chrono::minutes{10}},
    .help = "time the server has to answer a request (waits excepted)"};

inline constexpr core::Setting<std::size_t> kHttpConnections{
    .name = "ORDERFLOW_HTTP_CONNECTIONS",
    .default_value = "10000",
    .limits = {1, 1'000'000},
    .help = "open client connections at most"};

inline constexpr core::Setting<std::size_t> kWaitsPerClient{
    .name = "ORDERFLOW_WAITS_PER_CLIENT",
    .default_value = "1000",
    .limits = {1, 5'000},
    .help = "`?wait=` and event streams of one client address at most, of 5,000 in all"};

inline constexpr core::Setting<std::size_t> kDbPool{
    .name = "ORDERFLOW_DB_POOL",
    .default_value = "4",
    .limits = {1, 64},
    .help = "database sessions of the API for each context"};

inline constexpr core::Setting<core::Duration> kDeadLetterRetention{
    .name = "ORDERFLOW_DEAD_LETTER_RETENTION",
    .default_value = "720h",
    .limits = {std::chrono::minutes{1}, std::chrono::hours{24 * 3650}},
    .help = "time a dead letter is kept after it was replayed or discarded; open ones are kept"};

inline constexpr core::Setting<core::Duration> kBacklogAgeLimit{
    .name = "ORDERFLOW_BACKLOG_AGE_LIMIT",
    .default_value = "3s",
    .limits = {std::chrono::milliseconds{100}, std::chrono::hours{1}},
    .help =
        "backlog age from which every new order gets 429; a share that grows from a third of "
        "it on"};

inline constexpr core::Setting<std::int64_t> kWaitingOrdersLimit{
    .name = "ORDERFLOW_WAITING_ORDERS_LIMIT",
    .default_value = "100000",
    .limits = {1, 10'000'000},
    .help = "orders that may wait while the broker is away; further ones get 429"};

inline constexpr core::Setting<std::string> kInternalApiKey{
    .name = "INTERNAL_API_KEY",
    .default_value = "",
    .limits = {.may_be_empty = true},
    .help = "key that operator routes ask for; empty closes them"};

inline constexpr core::AnySetting kHttpSettings[] = {kHttpHost,
                                                     kHttpPort,
                                                     kMetricsPortBase,
                                                     kHttpThreads,
                                                     kHttpBodyLimit,
                                                     kHttpHeaderLimit,
                                                     kHttpReadTimeout,
                                                     kHttpIdleTimeout,
                                                     kHttpRequestTimeout,
                                                     kHttpConnections,
                                                     kWaitsPerClient,
                                                     kDbPool,
                                                     kDeadLetterRetention,
                                                     kBacklogAgeLimit,
                                                     kWaitingOrdersLimit,
                                                     kInternalApiKey};

}  // namespace orderflow::http_api
