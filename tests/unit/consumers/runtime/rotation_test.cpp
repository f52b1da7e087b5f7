#include "consumers/runtime/rotation.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

namespace orderflow::consumers {
namespace {

using Order = std::vector<std::int32_t>;

TEST_CASE("whoever got the last of something comes last the next time") {
  const std::set<std::int32_t> partitions{0, 2, 5};
  Rotation rotation;
  CHECK(rotation.order(partitions) == Order{0, 2, 5});
  rotation.exhausted_by(0);
  CHECK(rotation.order(partitions) == Order{2, 5, 0});
  rotation.exhausted_by(2);
  CHECK(rotation.order(partitions) == Order{5, 0, 2});
  rotation.exhausted_by(5);
  CHECK(rotation.order(partitions) == Order{0, 2, 5});
}

TEST_CASE("the order goes on when partitions come and go") {
  Rotation rotation;
  rotation.exhausted_by(3);
  CHECK(rotation.order(std::map<std::int32_t, char>{{1, 'a'}, {4, 'b'}}) == Order{4, 1});
  CHECK(rotation.order(std::map<std::int32_t, char>{{1, 'a'}}) == Order{1});
  CHECK(rotation.order(std::set<std::int32_t>{}).empty());
}

}  // namespace
}  // namespace orderflow::consumers
