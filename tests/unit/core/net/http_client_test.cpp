#include "core/net/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "core/values/failure.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/tls_server.hpp"

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ScriptedPeer;
using testing::ScriptedServer;
using State = CircuitBreaker::State;

constexpr std::string_view kEndOfHeaders = "\r\n\r\n";

std::string answer(const std::string& status, const std::string& body,
                   const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

// Answers each request on each connection with the next of these; the last is repeated.
ScriptedServer::Script answers(std::vector<std::string> texts) {
  const auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [texts = std::move(texts), next](ScriptedPeer peer) {
    while (true) {
      (void)peer.hear_until(kEndOfHeaders);
      peer.say(texts.at(std::min(next->fetch_add(1), texts.size() - 1)));
    }
  };
}

HttpCall get() { return {boost::beast::http::verb::get, "/things?x=1", {}, "", true}; }
HttpCall post_once() {
  return {boost::beast::http::verb::post, "/things", {{"Authorization", "Bearer t"}}, "{}", false};
}

struct Caller {
  explicit Caller(std::uint16_t port, const std::function<void(HttpClientOptions&)>& change = {},
                  const std::string& ca_file = "")
      : tls(client_tls(ca_file)) {
    HttpClientOptions options;
    options.target = "things";
    options.url = *parse_http_url("http://127.0.0.1:" + std::to_string(port) + "/base/");
    options.pauses = {1ms, 2ms};
    options.body_bytes_max = 100'000;
    if (change) change(options);
    client.emplace(options, context.get_executor(), tls, metrics);
  }
  // All at the same time.
  std::vector<Result<HttpAnswer>> call(const std::vector<HttpCall>& calls) {
    std::vector<std::future<Result<HttpAnswer>>> futures;
    futures.reserve(calls.size());
    for (const auto& one : calls) {
      futures.push_back(asio::co_spawn(context, client->call(one), asio::use_future));
    }
    context.restart();
    context.run();
    std::vector<Result<HttpAnswer>> results;
    results.reserve(futures.size());
    for (auto& future : futures) results.push_back(future.get());
    return results;
  }
  Result<HttpAnswer> call(const HttpCall& one) { return call(std::vector{one}).at(0); }
  // The status, or why there is none.
  std::string outcome(const HttpCall& one) {
    const auto result = call(one);
    return result ? std::to_string(result->status) : result.error().code;
  }

  asio::io_context context{1};
  asio::ssl::context tls;
  Metrics metrics{"test"};
  std::optional<HttpClient> client;
};

TEST_CASE("a call sends what it says, and gets status and body") {
  std::promise<std::string> heard;
  ScriptedServer server([&](ScriptedPeer peer) {
    heard.set_value(peer.hear_until("{}"));
    peer.say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
             answer("201 Created", R"({"id":1})", "Retry-After: 7\r\n"));
    peer.stay_mute();
  });
  Caller it(server.port());
  const auto result = it.call(post_once());
  REQUIRE(result);
  CHECK(result->status == 201);
  CHECK(result->body == R"({"id":1})");
  CHECK(result->retry_after == 7s);
  const std::string request = heard.get_future().get();
  CHECK(request.starts_with("POST /base/things HTTP/1.1\r\n"));
  for (const auto* line :
       {"Accept-Encoding: identity\r\n", "Authorization: Bearer t\r\n", "Content-Length: 2\r\n"}) {
    CHECK(request.find(line) != std::string::npos);
  }
  CHECK(request.find("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") !=
        std::string::npos);
  CHECK(request.ends_with("\r\n\r\n{}"));
}

TEST_CASE("each way not to answer has its name") {
  struct Row {
    const char* outcome;
    std::function<void(ScriptedPeer&)> script;
  };
  const std::string large(200'000, 'x');
  const std::vector<Row> rows = {
      {"timed_out", [](ScriptedPeer& peer) { peer.stay_mute(); }},
      {"timed_out", [](ScriptedPeer& peer) { peer.drip("HTTP/1.1 200 OK\r\nA: b\r\n"); }},
      {"timed_out",
       [](ScriptedPeer& peer) {
         peer.say("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n");
         peer.drip("x");
       }},
      {"cut_off", [](ScriptedPeer& /*peer*/) {}},
      {"cut_off", [](ScriptedPeer& peer) { peer.say("HTTP/1.1 200 OK\r\nContent-"); }},
      {"cut_off",
       [](ScriptedPeer& peer) { peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); }},
      {"cut_off",
       [](ScriptedPeer& peer) {
         peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
       }},
      {"not_http", [](ScriptedPeer& peer) { peer.say("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }},
      {"not_http",
       [](ScriptedPeer& peer) {
         peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n");
       }},
      {"not_http",
       [](ScriptedPeer& peer) {
         for (int i = 0; i < 9; ++i) peer.say("HTTP/1.1 103 Early Hints\r\n\r\n");
       }},
      {"too_large",
       [&](ScriptedPeer& peer) { peer.say("HTTP/1.1 200 OK\r\nA: " + large + "\r\n\r\n"); }},
      {"too_large",
       [](ScriptedPeer& peer) { peer.say("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"); }},
      {"too_large", [&](ScriptedPeer& peer) { peer.say("HTTP/1.0 200 OK\r\n\r\n" + large); }},
      {"too_large",
       [&](ScriptedPeer& peer) {
         peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + large);
       }},
      {"redirected",
       [](ScriptedPeer& peer) { peer.say(answer("302 Found", "", "Location: http://x/\r\n")); }},
      {"encoded",
       [](ScriptedPeer& peer) { peer.say(answer("200 OK", "abc", "Content-Encoding: gzip\r\n")); }},
  };
  for (const auto& row : rows) {
    ScriptedServer server([&](ScriptedPeer peer) {
      (void)peer.hear_until("\r\n\r\n{}");
      row.script(peer);
    });
    Caller it(server.port(), [](auto& options) { options.attempt_timeout = 200ms; });
    const auto result = it.call(post_once());
    REQUIRE_FALSE(result);
    INFO(result.error().detail);
    CHECK(result.error().code == row.outcome);
  }
  Caller nobody(1);
  CHECK(nobody.outcome(post_once()) == "unreachable");
  Caller unknown(1, [](auto& options) { options.url.host = "no-such-host.invalid"; });
  CHECK(unknown.outcome(post_once()) == "unreachable");
}

TEST_CASE("a connection is kept, and one that the server has closed is replaced unnoticed") {
  SECTION("kept") {
    ScriptedServer server(answers({answer("200 OK", "a")}));
    Caller it(server.port());
    for (int i = 0; i < 5; ++i) CHECK(it.outcome(get()) == "200");
    CHECK(server.clients() == 1);
    // What must not be sent twice goes by a connection that nobody can have closed.
    ScriptedServer once([](ScriptedPeer peer) {
      while (true) {
        (void)peer.hear_until("\r\n\r\n{}");
        peer.say(answer("200 OK", "a"));
      }
    });
    Caller other(once.port());
    for (int i = 0; i < 3; ++i) CHECK(other.outcome(post_once()) == "200");
    CHECK(once.clients() == 3);
  }
  SECTION("closed after each answer, said or unsaid") {
    for (const std::string& header : {std::string("Connection: close\r\n"), std::string()}) {
      ScriptedServer server([&](ScriptedPeer peer) {
        (void)peer.hear_until(kEndOfHeaders);
        peer.say(answer("200 OK", "a", header));
      });
      Caller it(server.port());
      for (int i = 0; i < 5; ++i) CHECK(it.outcome(get()) == "200");
      CHECK(server.clients() == 5);
    }
  }
}

TEST_CASE("what is repeatable is repeated, out of a budget; what is not, is not") {
  const std::string busy = answer("503 Service Unavailable", "");
  ScriptedServer server(answers({busy, busy, answer("200 OK", "a"), busy}));
  Caller it(server.port());
  CHECK(it.outcome(get()) == "200");
  CHECK(it.outcome(get()) == "503");  // The third retry was the last of the budget.
  CHECK(it.metrics.render().find(R"(orderflow_calls_total{outcome="5xx",target="things"} 4)") !=
        std::string::npos);
  ScriptedServer other(answers({busy, answer("200 OK", "a")}));
  Caller once(other.port());
  CHECK(once.outcome(post_once()) == "503");
  ScriptedServer refusing(answers({answer("422 Unprocessable Entity", "")}));
  Caller refused(refusing.port());
  CHECK(refused.outcome(get()) == "422");
}

TEST_CASE("a retry waits for as long as the server asks, or is left out") {
  ScriptedServer server(answers({answer("503 Service Unavailable", "", "Retry-After: 3600\r\n")}));
  Caller it(server.port());
  CHECK(it.outcome(get()) == "503");
  CHECK(server.clients() == 1);
}

TEST_CASE("a target that fails is left alone but for a probe") {
  std::atomic<bool> well = false;
  ScriptedServer server([&](ScriptedPeer peer) {
    while (true) {
      (void)peer.hear_until(kEndOfHeaders);
      peer.say(answer(well ? "404 Not Found" : "500 Internal Server Error", ""));
    }
  });
  Caller it(server.port(), [](auto& options) {
    options.attempts_max = 1;
    options.breaker = {10s, 5, 0.5, 0s};
  });
  for (int i = 0; i < 5; ++i) CHECK(it.outcome(get()) == "500");
  CHECK(it.client->breaker_state() == State::kOpen);
  // The probe is the first of them.
  const auto during = it.call({get(), get(), get()});
  REQUIRE(during[0]);
  CHECK(during[0]->status == 500);
  well = true;
  CHECK(it.outcome(get()) == "404");
  CHECK(it.client->breaker_state() == State::kClosed);
}

TEST_CASE("while a breaker is open nothing is sent") {
  ScriptedServer server(answers({answer("500 Internal Server Error", "")}));
  Caller it(server.port(), [](auto& options) {
    options.attempts_max = 1;
    options.breaker = {10s, 5, 0.5, std::chrono::hours{1}};
  });
  for (int i = 0; i < 5; ++i) CHECK(it.outcome(get()) == "500");
  CHECK(it.outcome(get()) == "breaker_open");
  CHECK(it.metrics.render().find(R"(orderflow_calls_total{outcome="5xx",target="things"} 5)") !=
        std::string::npos);
}

TEST_CASE("calls under way are limited, others wait their turn within their time") {
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  ScriptedServer server([&](ScriptedPeer peer) {
    while (true) {
      (void)peer.hear_until(kEndOfHeaders);
      most = std::max(most.load(), ++under_way);
      --under_way;
      peer.say(answer("200 OK", "a"));
    }
  });
  Caller it(server.port(), [](auto& options) { options.connections_max = 3; });
  for (const auto& result : it.call(std::vector<HttpCall>(50, get()))) CHECK(result);
  CHECK(server.clients() <= 3);
  CHECK(most <= 3);

  ScriptedServer mute([](ScriptedPeer peer) { peer.stay_mute(); });
  Caller waits(mute.port(), [](auto& options) {
    options.connections_max = 1;
    options.waiting_max = 1;
    options.attempts_max = 1;
    options.call_timeout = 200ms;
  });
  int busy = 0;
  for (const auto& result : waits.call(std::vector<HttpCall>(3, get()))) {
    REQUIRE_FALSE(result);
    busy += result.error().code == call_failure::kBusy ? 1 : 0;
  }
  // One was under way, one waited for it to the end of its own time.
  CHECK(busy >= 1);
}

TEST_CASE("over TLS a server is called only by a name that its certificate vouches for") {
  const testing::TlsServer server("localhost", answer("200 OK", "a"));
  struct Row {
    const char* outcome;
    const char* host;
    bool trusted;
  };
  for (const auto& row : {Row{"200", "localhost", true}, Row{"tls", "127.0.0.1", true},
                          Row{"tls", "localhost", false}}) {
    Caller it(
        server.port(),
        [&](auto& options) {
          options.url.tls = true;
          options.url.host = row.host;
        },
        row.trusted ? server.certificate_file() : "");
    INFO(row.host << ' ' << row.trusted);
    CHECK(it.outcome(post_once()) == row.outcome);
  }
  ScriptedServer plain([](ScriptedPeer peer) {
    (void)peer.hear(5);
    peer.say("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  Caller other(plain.port(), [](auto& options) { options.url.tls = true; });
  CHECK(other.outcome(post_once()) == "tls");
  CHECK_THROWS_AS(client_tls("/no/such/file"), BadConfiguration);
}

TEST_CASE("the address of a service is read, or refused with a reason") {
  const auto url = parse_http_url("https://Offers.example.com:8443/a/b/");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->authority() == "Offers.example.com:8443");
  CHECK(url->path == "/a/b");
  CHECK(parse_http_url("http://[::1]")->authority() == "[::1]");
  CHECK(parse_http_url("http://[::1]")->host == "::1");
  for (const auto* text : {"", "offers", "ftp://a", "http://", "http://u:p@a", "http://a?x",
                           "http://a#x", "http://a:99999", "http://a b"}) {
    INFO(text);
    CHECK_FALSE(parse_http_url(text));
  }
}

}  // namespace
}  // namespace orderflow::core
