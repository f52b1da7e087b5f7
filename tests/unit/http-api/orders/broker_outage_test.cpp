#include "http-api/orders/broker_outage.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using std::chrono::seconds;

TEST_CASE("an outage of the broker lasts until what waited in it is worked off") {
  constexpr core::Duration kWorkedOff = seconds{1};
  BrokerOutage outage;
  CHECK_FALSE(outage.observe(true, seconds{0}, kWorkedOff));
  // Overload is none.
  CHECK_FALSE(outage.observe(true, seconds{60}, kWorkedOff));
  CHECK(outage.observe(false, seconds{0}, kWorkedOff));
  CHECK(outage.observe(false, seconds{60}, kWorkedOff));
  CHECK(outage.observe(true, seconds{60}, kWorkedOff));
  CHECK(outage.observe(true, seconds{2}, kWorkedOff));
  CHECK_FALSE(outage.observe(true, seconds{1}, kWorkedOff));
  CHECK_FALSE(outage.observe(true, seconds{60}, kWorkedOff));
}

}  // namespace
}  // namespace orderflow::http_api
