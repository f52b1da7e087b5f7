#include "consumers/participants/ledger_check.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the ledger check takes a twentieth of the time at most") {
  CHECK(pause_after_chunk(milliseconds{5}, false) == milliseconds{200});
  CHECK(pause_after_chunk(milliseconds{5}, true) == seconds{2});
  CHECK(pause_after_chunk(milliseconds{211}, false) == milliseconds{19 * 211});
  CHECK(pause_after_chunk(milliseconds{211}, true) == milliseconds{19 * 211});
}

}  // namespace
}  // namespace orderflow::consumers
