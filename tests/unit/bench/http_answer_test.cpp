#include "bench/http_answer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using orderflow::bench::parse_answer;

namespace {

const std::string kAccepted =
    "HTTP/1.1 202 Accepted\r\n"
    "Content-Type: application/json\r\n"
    "LOCATION: /orders/0190\r\n"
    "content-length: 2\r\n"
    "\r\n"
    "{}";

}  // namespace

TEST_CASE("an answer gives its status, location, body and size") {
  const auto parsed = parse_answer(kAccepted);
  REQUIRE(parsed);
  REQUIRE(*parsed);
  const auto& answer = **parsed;
  CHECK(answer.status == 202);
  CHECK(answer.location == "/orders/0190");
  CHECK(answer.body == "{}");
  CHECK(answer.size == kAccepted.size());
  CHECK(answer.keep_alive);
  CHECK(answer.retry_after_s == 0);
}

TEST_CASE("an answer in pieces is incomplete until its last byte") {
  for (std::size_t size = 0; size < kAccepted.size(); ++size) {
    const auto parsed = parse_answer(std::string_view(kAccepted).substr(0, size));
    REQUIRE(parsed);
    CHECK_FALSE(*parsed);
  }
}

TEST_CASE("what follows an answer belongs to the next one") {
  const auto parsed = parse_answer(kAccepted + "HTTP/1.1 ");
  REQUIRE(parsed);
  REQUIRE(*parsed);
  CHECK((*parsed)->size == kAccepted.size());
}

TEST_CASE("Retry-After and Connection: close are heard") {
  const auto parsed = parse_answer(
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nConnection: close\r\n"
      "Content-Length: 0\r\n\r\n");
  REQUIRE(parsed);
  REQUIRE(*parsed);
  CHECK((*parsed)->status == 429);
  CHECK((*parsed)->retry_after_s == 3);
  CHECK_FALSE((*parsed)->keep_alive);
}

TEST_CASE("an answer without a body needs no Content-Length only when its status says so") {
  const auto none = parse_answer("HTTP/1.1 204 No Content\r\n\r\n");
  REQUIRE(none);
  REQUIRE(*none);
  CHECK((*none)->body.empty());
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\n\r\n"));
}

TEST_CASE("what no HTTP server of ours sends is an error") {
  CHECK_FALSE(parse_answer("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  CHECK_FALSE(parse_answer("HTTP/1.1 abc\r\n\r\n"));
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"));
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"));
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
  CHECK_FALSE(parse_answer(std::string(20'000, 'x')));
}
