#include "core/values/digest.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

TEST_CASE("SHA-256 is the standard's") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("secrets are equal only when they are") {
  CHECK(equal_in_constant_time("key", "key"));
  CHECK_FALSE(equal_in_constant_time("key", "keys"));
  CHECK_FALSE(equal_in_constant_time("", "key"));
}

}  // namespace
}  // namespace orderflow::core
