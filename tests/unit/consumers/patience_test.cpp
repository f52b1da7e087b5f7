#include "consumers/patience.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow {
namespace {

using consumers::Patience;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("patience is twice what answers take of late, within its bounds") {
  Patience patience;
  CHECK(patience.within(seconds{2}, seconds{10}) == seconds{2});
  for (int i = 0; i < 100; ++i) patience.answered(seconds{3});
  CHECK(patience.within(seconds{2}, seconds{10}) > milliseconds{5900});
  CHECK(patience.within(seconds{2}, seconds{10}) <= seconds{6});
  CHECK(patience.within(seconds{2}, seconds{5}) == seconds{5});
  for (int i = 0; i < 100; ++i) patience.answered(milliseconds{5});
  CHECK(patience.within(seconds{2}, seconds{10}) == seconds{2});
}

}  // namespace
}  // namespace orderflow
