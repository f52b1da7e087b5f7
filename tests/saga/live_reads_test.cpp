#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <pqxx/pqxx>

#include "tests/support/shop.hpp"
#include "tests/support/source_tree.hpp"

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

TEST_CASE("a history of large events comes in pages that a server can hold", "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = shop.place();
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const auto before = shop.history(id).size();
  system.database().execute(
      "INSERT INTO orders.events SELECT order_id, shard, sequence + n, partition, 0, 0, type,"
      " status, time, actor, correlation_id, traceparent,"
      " json_build_object('text', repeat('x', 600000)) FROM (SELECT * FROM orders.events WHERE"
      " order_id = '" +
      id + "' ORDER BY sequence DESC LIMIT 1) e, generate_series(1, 3) n");
  std::size_t pages = 0;
  std::size_t events = 0;
  std::string token;
  do {
    const auto path = "/orders/" + id + "/events?limit=200";
    const auto page = shop.http().get(path + (token.empty() ? "" : "&page_token=" + token)).json();
    events += page.at("items").size();
    ++pages;
    token = page.at("next_page_token").is_null() ? "" : page.at("next_page_token");
  } while (!token.empty());
  CHECK(pages == 3);
  CHECK(events == before + 3);
  system.database().execute("DELETE FROM orders.events WHERE order_id = '" + id +
                            "' AND length(data::text) > 100000");
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

// A draft: nothing happens to it until it is confirmed.
std::string place_draft(const Shop& shop) {
  auto body = Shop::order_body(shop.new_user(), shop.new_product(1'000));
  body["draft"] = true;
  return shop.place(body);
}

TEST_CASE("a client that leaves no longer waits", "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = place_draft(shop);
  const auto waiting = [&] { return system.metric("api", "orderflow_live_subscriptions"); };
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(std::make_unique<RawConnection>(system.http().port()));
    REQUIRE(clients.back()->send(
        i % 3 == 0 ? stream_request(id)
                   : "GET /orders/" + id + "/status?wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    // A request behind the one that waits hides nothing.
    if (i % 2 == 0) REQUIRE(clients.back()->send("GET /products HTTP/1.1\r\n"));
  }
  wait_until("all wait", [&] { return waiting() == 60; });
  for (std::size_t i = 0; i < clients.size(); i += 3) clients[i]->abort();
  clients.clear();
  // Long before their waits would be over.
  wait_until("none waits", [&] { return waiting() == 0; }, Millis{15'000});
  CHECK(shop.http().post("/orders/" + id + "/cancel").status == 202);
  CHECK(shop.await_end(id) == "CANCELLED");
  system.conclude();
}

TEST_CASE("who waits for jobs takes no session from other reads", "[shared][live]") {
  constexpr int kWaiting = 40;
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = place_draft(shop);
  system.process("orchestrator").freeze();
  const auto asked = shop.http().post("/orders/" + id + "/confirm");
  REQUIRE(asked.status == 202);
  const std::string request =
      "GET " + asked.header("location") + "?wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  {
    pqxx::connection connection(system.database().url());
    pqxx::work holder(connection);
    holder.exec0("LOCK TABLE orders.requests IN ACCESS EXCLUSIVE MODE");
    std::vector<std::unique_ptr<RawConnection>> clients;
    for (int i = 0; i < kWaiting; ++i) {
      clients.push_back(std::make_unique<RawConnection>(system.http().port()));
      REQUIRE(clients.back()->send(request));
    }
    wait_until("all ask",
               [&] { return system.metric("api", "orderflow_http_connections") >= kWaiting; });
    CHECK(shop.http().get("/orders?limit=1").status == 200);
    holder.abort();
  }
  system.process("orchestrator").thaw();
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a finished order's stream tells whoever has seen all that nothing follows",
          "[shared][live]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto answer_to = [&](const std::string& id, const std::string& last_event_id) {
    return shop.http().get("/orders/" + id + "/events",
                           {{"Accept", "text/event-stream"}, {"Last-Event-ID", last_event_id}});
  };
  const auto delivered = shop.place();
  CHECK(shop.await_end(delivered) == "DELIVERED");
  const auto unpaid = shop.place(shop.new_user(1), shop.new_product(1'000));
  CHECK(shop.await_end(unpaid) == "PAYMENT_FAILED");
  for (const auto& id : {delivered, unpaid}) {
    const auto over = answer_to(id, std::to_string(shop.history(id).size()));
    CHECK(over.status == 204);
    CHECK(over.body.empty());
  }
  CHECK(answer_to(delivered, "1").status == 200);
  // It has had no such event: what there is must not be withheld.
  CHECK(answer_to(delivered, "1000").body.find("\nid: 1\n") != std::string::npos);
  CHECK(answer_to(delivered, "x").status == 400);
  system.conclude();
}

std::ptrdiff_t lines_with(const std::string& log, const std::string& text) {
  const auto lines = lines_of(log);
  return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

TEST_CASE("an event stream outlives an outage of the database, and logs tell of it once",
          "[live][own]") {
  System system({.name = "live-outage", .own_postgres = true});
  const Shop shop(system);
  const auto id = place_draft(shop);
  const auto connections = [&] { return system.metric("api", "orderflow_http_connections"); };
  RawConnection stream(system.http().port());
  REQUIRE(stream.send(stream_request(id)));
  (void)read_until(stream, ": history");
  const double before = connections();
  system.postgres().stop_immediately();
  // It looks for events with each heartbeat.
  (void)read_until(stream, ": alive");
  (void)read_until(stream, ": alive");
  CHECK(connections() == before);
  // An owner tries again ten times a second; an outage has a few reasons at most.
  const auto told = lines_with(system.log("payments"), "starting over from the database");
  CHECK(told >= 1);
  CHECK(told <= 10);
  system.postgres().start();
  for (const auto& role : system_roles()) system.wait_ready(role);
  wait_until("the order is confirmed", [&] {
    const auto answer = shop.http().try_request("POST", "/orders/" + id + "/confirm");
    return answer && answer->status == 202;
  });
  (void)read_until(stream, "OrderDelivered");
  CHECK(stream.closed_within(Millis{10'000}));
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
