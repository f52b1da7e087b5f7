#pragma once

#include <chrono>
#include <cstdint>

#include "core/settings/setting.hpp"

// The simulated card network and carrier.
namespace orderflow::domain {

inline constexpr core::Setting<std::uint64_t> kSimulationSeed{
    .name = "ORDERFLOW_SIMULATION_SEED",
    .default_value = "1",
    .help = "makes simulated failures repeatable"};

inline constexpr core::Setting<bool> kSimulationMagic{
    .name = "ORDERFLOW_SIMULATION_MAGIC",
    .default_value = "0",
    .help =
        "1: orders may ask for failures by magic values (domain/README.md); never in "
        "production"};

inline constexpr core::Setting<double> kPaymentSuccessRate{
    .name = "PAYMENT_SUCCESS_RATE",
    .default_value = "1.0",
    .limits = {0, 1},
    .help = "share of captures the simulated card network accepts"};

inline constexpr core::Setting<double> kPaymentSilenceRate{
    .name = "ORDERFLOW_PAYMENT_SILENCE_RATE",
    .default_value = "0",
    .limits = {0, 1},
    .help = "share of payment commands that get no reply (simulated time-out)"};

inline constexpr core::Setting<double> kPaymentFailureRate{
    .name = "ORDERFLOW_PAYMENT_FAILURE_RATE",
    .default_value = "0",
    .limits = {0, 1},
    .help = "share of payment commands that fail technically"};

inline constexpr core::Setting<core::Duration> kPaymentLatency{
    .name = "ORDERFLOW_PAYMENT_LATENCY",
    .default_value = "0ms",
    .limits = {std::chrono::seconds{0}, std::chrono::minutes{1}},
    .help = "simulated latency of the card network"};

inline constexpr core::Setting<double> kCarrierFailureRate{
    .name = "ORDERFLOW_CARRIER_FAILURE_RATE",
    .default_value = "0",
    .limits = {0, 1},
    .help = "share of deliveries no carrier takes"};

inline constexpr core::Setting<double> kCarrierSilenceRate{
    .name = "ORDERFLOW_CARRIER_SILENCE_RATE",
    .default_value = "0",
    .limits = {0, 1},
    .help = "share of delivery commands that get no reply (simulated time-out)"};

inline constexpr core::Setting<core::Duration> kCarrierTime{
    .name = "ORDERFLOW_CARRIER_TIME",
    .default_value = "20s",
    .limits = {std::chrono::seconds{0}, std::chrono::hours{24}},
    .help = "time from schedule to delivery of the simulated carrier"};

inline constexpr core::AnySetting kDomainSettings[] = {
    kSimulationSeed,     kSimulationMagic,    kPaymentSuccessRate,
    kPaymentSilenceRate, kPaymentFailureRate, kPaymentLatency,
    kCarrierFailureRate, kCarrierSilenceRate, kCarrierTime};

}  // namespace orderflow::domain
