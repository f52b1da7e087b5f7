#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/support/shop.hpp"
#include "tests/support/wire_cases.hpp"

// Clients that misbehave on the wire. The installation cuts off a request that takes over two
// seconds to arrive (ORDERFLOW_HTTP_READ_TIMEOUT of the tests).
namespace orderflow::testing {
namespace {

std::string head(const std::string& body, const std::string& more = {}) {
  return "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
}

void check_still_serves(System& system) {
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

// True when the server answers with the status, or ends the connection, in time.
bool refused_with(RawConnection& connection, const std::string& status) {
  const auto text = connection.receive_all(Millis{20'000});
  INFO(text.substr(0, 200));
  const bool answered = text.starts_with("HTTP/1.1 " + status);
  return answered || text.empty();
}

// Sends it all and returns what was answered up to the connection's end, or a moment longer than
// the expected answers take.
std::string answers_to(RawConnection& connection, const WireCase& one) {
  std::string block;
  while (!one.endless.empty() && block.size() < 4'096) block += one.endless;
  (void)connection.send(one.bytes);
  std::string all;
  const bool ended = holds_within(Millis{20'000}, [&] {
    const bool answered = statuses_of(all).size() >= one.statuses.size();
    if (!answered) (void)connection.send(block);
    const auto bytes = connection.receive(Millis{answered ? 50 : 5});
    if (bytes) all += *bytes;
    return (bytes && bytes->empty()) || (!bytes && answered && !one.closed);
  });
  CHECK(ended);
  return all;
}

TEST_CASE("what a peer may send is served or refused, and nothing behind what is refused is served",
          "[shared][bad-clients]") {
  auto& system = shared_system();
  for (const WireCase& one : wire_cases()) {
    INFO(one.name);
    RawConnection connection(system.http().port());
    CHECK(statuses_of(answers_to(connection, one)) == one.statuses);
  }
  check_still_serves(system);
}

TEST_CASE("a body over the limit", "[shared][bad-clients]") {
  auto& system = shared_system();
  RawConnection connection(system.http().port());
  const std::string body(200'000, 'x');
  (void)connection.send(head(body) + body);
  CHECK(refused_with(connection, "413"));
  RawConnection promised(system.http().port());
  REQUIRE(
      promised.send("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Content-Length: 99999999999\r\n\r\n"));
  CHECK(refused_with(promised, "413"));
  check_still_serves(system);
}

TEST_CASE("headers over the limit", "[shared][bad-clients]") {
  auto& system = shared_system();
  RawConnection large(system.http().port());
  (void)large.send("GET /products HTTP/1.1\r\nHost: x\r\nX-Large: " + std::string(100'000, 'x') +
                   "\r\n\r\n");
  CHECK(refused_with(large, "431"));
  RawConnection many(system.http().port());
  std::string lines;
  for (int i = 0; i < 5'000; ++i) lines += "X-Header-" + std::to_string(i) + ": 1\r\n";
  (void)many.send("GET /products HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
  CHECK(refused_with(many, "431"));
  RawConnection target(system.http().port());
  (void)target.send("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(refused_with(target, "4"));
  check_still_serves(system);
}

TEST_CASE("a client that sends one byte at a time, slowly", "[shared][bad-clients]") {
  auto& system = shared_system();
  RawConnection in_header(system.http().port());
  RawConnection in_body(system.http().port());
  const std::string body(1'000, ' ');
  REQUIRE(in_body.send(head(body)));
  const std::string request = "GET /products HTTP/1.1\r\nX-Slow: " + std::string(1'000, 'x');
  std::size_t sent = 0;
  bool header_cut = false;
  bool body_cut = false;
  // Each look waits a little for the server's verdict, which is what makes the client slow.
  CHECK(holds_within(Millis{20'000}, [&] {
    (void)in_header.send(request.substr(sent % request.size(), 1));
    (void)in_body.send(" ");
    ++sent;
    header_cut = header_cut || in_header.closed_within(Millis{100});
    body_cut = body_cut || in_body.closed_within(Millis{100});
    return header_cut && body_cut;
  }));
  CHECK(sent < body.size());
  check_still_serves(system);
}

TEST_CASE("a client that says nothing does not hold up others", "[shared][bad-clients]") {
  auto& system = shared_system();
  std::vector<std::unique_ptr<RawConnection>> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<RawConnection>(system.http().port()));
    CHECK(silent.back()->connected());
  }
  check_still_serves(system);
}

TEST_CASE("a client that leaves in the middle", "[shared][bad-clients]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(1'000);
  const auto body = Shop::order_body(user, product).dump();
  for (int i = 0; i < 20; ++i) {
    RawConnection in_body(system.http().port());
    (void)in_body.send(head(body) + body.substr(0, 20));
    in_body.abort();
    RawConnection before_answer(system.http().port());
    (void)before_answer.send(head(body) + body);
    before_answer.abort();
    RawConnection in_answer(system.http().port());
    (void)in_answer.send("GET /orders?limit=200 HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)in_answer.receive(Millis{100});
    in_answer.abort();
  }
  // Those whose request was complete may have made an order each; every one of them ends.
  wait_until("every order that was taken ends", [&] {
    return system.database().number(
               "SELECT count(*) FROM orders.sagas s JOIN orders.orders o ON o.id = s.order_id "
               "WHERE o.user_id = '" +
               user + "' AND s.status <> 'DELIVERED'") == 0;
  });
  check_still_serves(system);
}

TEST_CASE("garbage instead of HTTP", "[shared][bad-clients]") {
  auto& system = shared_system();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string("\r\n\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET /orders HTTP/9.9\r\n\r\n"),
        std::string("GET orders HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("GET mailto:orders HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("GET /orders?q=%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("POST /users HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\r\n"
                    "idempotency-key: b\r\nContent-Length: 0\r\n\r\n"),
        std::string("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    "Content-Type: application/json\r\n\r\nZZZ\r\n")}) {
    RawConnection connection(system.http().port());
    (void)connection.send(garbage);
    CHECK(refused_with(connection, "4"));
  }
  check_still_serves(system);
}

TEST_CASE("a null character in one of many orders of one group commit: its neighbours succeed",
          "[shared][bad-clients]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto good = Shop::order_body(user, shop.new_product(1'000));
  auto bad = good;
  bad["special_instructions"] = std::string("before\0after", 12);
  auto worse = good;
  worse["delivery_address"]["line1"] = std::string("\0", 1);
  constexpr std::size_t kClients = 60;
  std::vector<std::optional<Answer>> answers(kClients);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    const auto body = (i % 20 == 7 ? bad : i % 20 == 13 ? worse : good).dump();
    clients.emplace_back(
        [&, i, body] { answers[i] = shop.http().try_request("POST", "/orders", body); });
  }
  for (auto& client : clients) client.join();
  for (std::size_t i = 0; i < kClients; ++i) {
    REQUIRE(answers[i]);
    INFO(i << ": " << answers[i]->body);
    CHECK(answers[i]->status == (i % 20 == 7 || i % 20 == 13 ? 422 : 202));
    if (answers[i]->status == 202)
      CHECK(shop.await_end(answers[i]->json().at("id")) == "DELIVERED");
  }
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
