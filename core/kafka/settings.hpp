#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/settings/setting.hpp"

namespace orderflow::core {

inline constexpr Setting<std::string> kBootstrapServers{
    .name = "KAFKA_BOOTSTRAP_SERVERS",
    .default_value = "127.0.0.1:19092",
    .help = "Kafka brokers, host:port separated by commas",
    .shown = true};

inline constexpr Setting<Duration> kFetchWait{
    .name = "ORDERFLOW_FETCH_WAIT",
    .default_value = "250ms",
    .limits = {std::chrono::milliseconds{1}, std::chrono::minutes{1}},
    .help =
        "longest time a broker holds a fetch that finds nothing; the embedded broker holds it that "
        "long even when something comes"};

inline constexpr Setting<std::uint16_t> kBrokerPort{.name = "ORDERFLOW_BROKER_PORT",
                                                    .default_value = "19092",
                                                    .help = "port of the embedded broker"};

inline constexpr AnySetting kKafkaSettings[] = {kBootstrapServers, kFetchWait, kBrokerPort};

// ORDERFLOW_KAFKA_SASL_PASSWORD -> sasl.password. What librdkafka does not know is refused, with
// its own words, and what the program must set itself (core/kafka/fixed_properties.hpp), with the
// reason.
[[nodiscard]] std::string kafka_property_of(std::string_view name);
[[nodiscard]] std::string kafka_property_problem(const std::string& property,
                                                 const std::string& value);
[[nodiscard]] bool kafka_property_may_be_shown(std::string_view property);

inline constexpr SettingFamily kKafkaProperties{
    .prefix = "ORDERFLOW_KAFKA_",
    .help = "properties of librdkafka: lower case, underscores become dots",
    .key_of = &kafka_property_of,
    .problem = &kafka_property_problem,
    .shown = &kafka_property_may_be_shown};

}  // namespace orderflow::core
