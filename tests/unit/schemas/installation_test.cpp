#include "schemas/installation.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::schemas {
namespace {

TEST_CASE(
    "a new installation has as many partitions as it was given, else as the machine has cores") {
  CHECK(first_partition_count(32, 2) == 32);
  CHECK(first_partition_count(1, 64) == 1);
  // Unknown counts as one core.
  CHECK(first_partition_count(0, 0) == 1);
  CHECK(first_partition_count(0, 1) == 1);
  CHECK(first_partition_count(0, 2) == 2);
  CHECK(first_partition_count(0, 3) == 4);
  CHECK(first_partition_count(0, 6) == 8);
  CHECK(first_partition_count(0, 96) == 8);
}

}  // namespace
}  // namespace orderflow::schemas
