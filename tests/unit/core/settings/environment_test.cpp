#include "core/settings/environment.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

TEST_CASE("variables of Kubernetes' services are known by name and value") {
  CHECK(is_service_link("X_SERVICE_HOST", "10.0.0.1"));
  CHECK(is_service_link("X_SERVICE_PORT", "80"));
  CHECK(is_service_link("X_SERVICE_PORT_HTTPS", "443"));
  CHECK(is_service_link("X_PORT", "tcp://10.0.0.1:80"));
  CHECK(is_service_link("EX_PORT_PORT", "udp://10.0.0.1:80"));
  CHECK(is_service_link("X_PORT_80_TCP", "tcp://10.0.0.1:80"));
  CHECK(is_service_link("X_PORT_80_TCP_PROTO", "tcp"));
  CHECK(is_service_link("X_PORT_80_UDP_PORT", "80"));
  CHECK(is_service_link("X_PORT_80_SCTP_ADDR", "10.0.0.1"));
  CHECK_FALSE(is_service_link("X_PORT", "8080"));
  CHECK_FALSE(is_service_link("X_PORT_BASE", "8080"));
  CHECK_FALSE(is_service_link("X_PORT_80_TCP_NAME", "x"));
  CHECK_FALSE(is_service_link("X_PORT_80", "x"));
  CHECK_FALSE(is_service_link("X_PORTABLE", "tcp://10.0.0.1:80"));
  CHECK_FALSE(is_service_link("X_SERVICE_URL", "http://10.0.0.1"));
}

}  // namespace
}  // namespace orderflow::core
