#include "http-api/orders/owner_silence.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

core::SteadyTime moment(std::chrono::seconds time) { return core::SteadyTime{} + time; }

TEST_CASE("owners that have spoken are silent from their last word on") {
  OwnerSilence silence(moment(0s));
  CHECK(silence.observe(false, moment(3s)) == 0s);
  CHECK(silence.observe(true, moment(9s)) == 6s);
  CHECK(silence.observe(false, moment(10s)) == 0s);
  CHECK(silence.observe(true, moment(11s)) == 1s);
}

// Everything was killed while orders waited, and is started again: the rows of before are old.
TEST_CASE("owners that were silent when this process began may be starting too") {
  OwnerSilence silence(moment(100s));
  CHECK(silence.observe(true, moment(100s)) == 0s);
  CHECK(silence.observe(true, moment(119s)) == 0s);
  CHECK(silence.observe(true, moment(125s)) == 5s);
}

}  // namespace
}  // namespace orderflow::http_api
