#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// Waiting for an order instead of polling it.
namespace orderflow::testing {
namespace {

std::string stream_request(const std::string& id, const std::string& more = {}) {
  return "GET /orders/" + id +
         "/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + more + "\r\n";
}

// Reads until the text has come or the time is up; returns everything read.
std::string read_until(RawConnection& connection, const std::string& text) {
  std::string all;
  const bool found = holds_within(kPatience, [&] {
    const auto bytes = connection.receive(Millis{200});
    if (bytes) all += *bytes;
    return all.find(text) != std::string::npos || (bytes && bytes->empty());
  });
  INFO(all);
  CHECK(found);
  return all;
}

TEST_CASE("waiting for a status answers when the order ends", "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  system.process("payments").freeze();
  const auto id = shop.place();
  const auto short_wait = shop.http().get("/orders/" + id + "/status?wait=1");
  CHECK(short_wait.status == 200);
  CHECK(short_wait.json().at("terminal") == false);
  system.process("payments").thaw();
  CHECK(shop.http().get("/orders/" + id + "/status?wait=25").json().at("terminal") == true);
  CHECK(shop.http().get("/orders/" + id + "/status?wait=31").status == 400);
  CHECK(shop.http().get("/orders/" + id + "/status?wait=x").status == 400);
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("an event stream tells the whole history, live", "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  system.process("payments").freeze();
  const auto id = shop.place();
  RawConnection stream(system.http().port());
  REQUIRE(stream.send(stream_request(id)));
  auto text = read_until(stream, "OrderPlaced");
  CHECK(text.find("200 OK") != std::string::npos);
  CHECK(text.find("text/event-stream") != std::string::npos);
  system.process("payments").thaw();
  text += read_until(stream, "OrderDelivered");
  std::size_t at = 0;
  for (const char* type :
       {"OrderPlaced", "PaymentCaptured", "DeliveryScheduled", "OrderDelivered"}) {
    INFO(type << " in " << text);
    at = text.find(type, at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(text.find("id: 1\n") != std::string::npos);
  CHECK(text.find("id: 4\n") != std::string::npos);

  RawConnection resumed(system.http().port());
  REQUIRE(resumed.send(stream_request(id, "Last-Event-ID: 2\r\n")));
  const auto rest = read_until(resumed, "OrderDelivered");
  CHECK(rest.find("OrderPlaced") == std::string::npos);
  CHECK(rest.find("DeliveryScheduled") != std::string::npos);
  system.conclude();
}

TEST_CASE("many can wait for the same order", "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  system.process("payments").freeze();
  const auto id = shop.place();
  std::vector<std::unique_ptr<RawConnection>> streams;
  for (int i = 0; i < 40; ++i) {
    streams.push_back(std::make_unique<RawConnection>(system.http().port()));
    REQUIRE(streams.back()->send(stream_request(id)));
  }
  for (int i = 0; i < 20; ++i) streams[static_cast<std::size_t>(i)]->abort();
  system.process("payments").thaw();
  for (std::size_t i = 20; i < streams.size(); ++i) (void)read_until(*streams[i], "OrderDelivered");
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
