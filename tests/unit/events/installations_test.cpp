#include "events/installations.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::events {
namespace {

constexpr const char* kOurs = "01a22216-bc3b-7001-9398-46b75f5d642b";
constexpr const char* kTheirs = "01a22216-bc3b-7001-9398-46b75f5d642c";

TEST_CASE("members of another installation are told from ours and from other programs") {
  const auto ours = member_client_id("orderflow-payments", kOurs);
  CHECK(other_installation({ours}, kOurs).empty());
  CHECK(stranger_among({ours}).empty());
  CHECK(other_installation({ours, member_client_id("a@b", kTheirs)}, kOurs) == kTheirs);
  // As many libraries name their clients, by user and host.
  CHECK(other_installation({"reporting@host"}, kOurs).empty());
  CHECK(stranger_among({ours, "reporting@host"}) == "reporting@host");
  CHECK(stranger_among({"rdkafka"}) == "rdkafka");
}

}  // namespace
}  // namespace orderflow::events
