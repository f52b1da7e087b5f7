#pragma once

#include <chrono>

#include "core/settings/setting.hpp"

namespace orderflow::saga {

inline constexpr core::Setting<int> kRetryAttempts{
    .name = "ORDER_CONSUMER_RETRY_ATTEMPTS",
    .default_value = "5",
    .limits = {1, 1000},
    .help = "attempts of a saga step before it waits for a person"};

inline constexpr core::Setting<core::Duration> kRetryBackoffInitial{
    .name = "ORDER_CONSUMER_BACKOFF_INITIAL",
    .default_value = "200ms",
    .limits = {std::chrono::milliseconds{1}, std::chrono::hours{1}},
    .help = "first pause between attempts; a plain number means seconds"};

inline constexpr core::Setting<double> kRetryBackoffMultiplier{
    .name = "ORDER_CONSUMER_BACKOFF_MULTIPLIER",
    .default_value = "2",
    .limits = {1, 100},
    .help = "growth of the pause from attempt to attempt"};

inline constexpr core::Setting<core::Duration> kRetryBackoffMax{
    .name = "ORDERFLOW_RETRY_BACKOFF_MAX",
    .default_value = "10s",
    .limits = {std::chrono::milliseconds{1}, std::chrono::hours{24}},
    .help = "longest pause between attempts"};

inline constexpr core::Setting<core::Duration> kPaymentTimeout{
    .name = "ORDERFLOW_PAYMENT_TIMEOUT",
    .default_value = "5s",
    .limits = {std::chrono::milliseconds{10}, std::chrono::hours{24}},
    .help = "wait for a reply of payments before a command is sent again"};

inline constexpr core::Setting<core::Duration> kDeliveryTimeout{
    .name = "ORDERFLOW_DELIVERY_TIMEOUT",
    .default_value = "5s",
    .limits = {std::chrono::milliseconds{10}, std::chrono::hours{24}},
    .help = "wait for a reply of delivery before a command is sent again"};

inline constexpr core::Setting<core::Duration> kProbeInterval{
    .name = "ORDERFLOW_PROBE_INTERVAL",
    .default_value = "15s",
    .limits = {std::chrono::milliseconds{10}, std::chrono::hours{24}},
    .help = "pause between probes of a participant whose circuit breaker is open"};

inline constexpr core::AnySetting kSagaSettings[] = {
    kRetryAttempts,  kRetryBackoffInitial, kRetryBackoffMultiplier, kRetryBackoffMax,
    kPaymentTimeout, kDeliveryTimeout,     kProbeInterval};

}  // namespace orderflow::saga
