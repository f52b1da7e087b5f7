#include "core/kafka/settings.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <memory>

#include "core/kafka/fixed_properties.hpp"

namespace orderflow::core {
namespace {

// What says how a connection is made and holds no key, password or token. Whatever librdkafka
// brings besides stays masked.
constexpr std::array<std::string_view, 23> kShownProperties{
    "acks",
    "api.version.request",
    "broker.address.family",
    "client.dns.lookup",
    "client.rack",
    "compression.codec",
    "compression.type",
    "debug",
    "enable.ssl.certificate.verification",
    "sasl.kerberos.principal",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.cipher.suites",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
};

}  // namespace

std::string kafka_property_of(std::string_view name) {
  name.remove_prefix(std::min(name.size(), kKafkaProperties.prefix.size()));
  std::string property;
  std::transform(name.begin(), name.end(), std::back_inserter(property), [](unsigned char c) {
    return c == '_' ? '.' : static_cast<char>(std::tolower(c));
  });
  return property;
}

std::string kafka_property_problem(const std::string& property, const std::string& value) {
  const auto* const fixed =
      std::find_if(kFixedProperties.begin(), kFixedProperties.end(),
                   [&](const FixedProperty& known) { return known.name == property; });
  if (fixed != kFixedProperties.end()) {
    return "Orderflow sets '" + property + "' itself (" + std::string(fixed->why) + "); unset it";
  }
  const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> scratch(
      rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  std::array<char, 512> words{};
  switch (rd_kafka_conf_set(scratch.get(), property.c_str(), value.c_str(), words.data(),
                            words.size())) {
    case RD_KAFKA_CONF_OK: return {};
    case RD_KAFKA_CONF_UNKNOWN:
      return "librdkafka has no property '" + property + "'; correct the name or unset it";
    case RD_KAFKA_CONF_INVALID: break;
  }
  if (kafka_property_may_be_shown(property)) return words.data();
  // Its words may repeat the value, or a part of it.
  return "librdkafka refuses this value of '" + property +
         "' (not shown, since it may be a secret); correct or unset it";
}

bool kafka_property_may_be_shown(std::string_view property) {
  return property.ends_with(".ms") || property.ends_with(".bytes") ||
         std::find(kShownProperties.begin(), kShownProperties.end(), property) !=
             kShownProperties.end();
}

}  // namespace orderflow::core
