#include "core/values/ip_address.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

TEST_CASE("an IP address is one of four or of six") {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "10.1.2.3", "::", "::1", "fe80::1%eth0"}) {
    INFO(address);
    CHECK(is_ip_address(address));
  }
  for (const char* none : {"", "localhost", "127.0.0", "127.0.0.256", "[::1]", "1.2.3.4%eth0",
                           "127.0.0.1:80", ":::"}) {
    INFO(none);
    CHECK_FALSE(is_ip_address(none));
  }
}

TEST_CASE("who listens everywhere is reached at the loopback address") {
  CHECK(reachable_address("0.0.0.0") == "127.0.0.1");
  CHECK(reachable_address("::") == "::1");
  CHECK(reachable_address("0::0") == "::1");
  CHECK(reachable_address("127.0.0.2") == "127.0.0.2");
  CHECK(reachable_address("fe80::1%eth0") == "fe80::1%eth0");
}

TEST_CASE("an IPv6 address stands in brackets in a URL") {
  CHECK(url_host("127.0.0.1") == "127.0.0.1");
  CHECK(url_host("::1") == "[::1]");
  CHECK(url_host("fe80::1%eth0") == "[fe80::1%25eth0]");
}

}  // namespace
}  // namespace orderflow::core
