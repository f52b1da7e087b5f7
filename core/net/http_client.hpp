#pragma once

#include <prometheus/histogram.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "core/net/call_breaker.hpp"
#include "core/net/http_connection.hpp"
#include "core/net/retry_budget.hpp"
#include "core/observe/metrics.hpp"
#include "core/values/backoff.hpp"

namespace orderflow::core {

struct HttpClientOptions {
  std::string target;  // Its name in metrics.
  HttpUrl url;
  Duration attempt_timeout = std::chrono::seconds{5};
  Duration call_timeout = std::chrono::seconds{15};  // Of all attempts and the pauses between them.
  int attempts_max = 3;
  Backoff pauses{std::chrono::milliseconds{200}, std::chrono::seconds{2}};  // With full jitter.
  std::size_t connections_max = 8;  // As many calls are under way at a time.
  std::size_t waiting_max = 1'000;  // Further ones wait for a place, within their time.
  std::size_t body_bytes_max = 8UL * 1024 * 1024;
  CallBreaker::Rules breaker{};
};

// Calls to one HTTP service: kept connections, at most so many at a time (a bulkhead), a time-out
// for each attempt and for the whole call, retries of what is repeatable out of a budget, a circuit
// breaker. An attempt has failed when there is no answer, or one of 500 and above: these count for
// the breaker, and are retried. A connection that was kept and turns out to be closed is replaced
// once without being counted.
//
// All calls run on the executor's one thread, and have ended before the client does.
class HttpClient {
 public:
  // `tls` outlives the client.
  HttpClient(HttpClientOptions options, asio::any_io_executor executor, asio::ssl::context& tls,
             Metrics& metrics);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The answer, whatever its status, or why there is none (`call_failure`).
  asio::awaitable<Result<HttpAnswer>> call(HttpCall call);

  [[nodiscard]] CircuitBreaker::State breaker_state() const { return breaker_.state(); }

 private:
  class Place;  // Of a call under way.

  asio::awaitable<Result<HttpAnswer>> attempt(const HttpCall& call, SteadyTime deadline);
  asio::awaitable<Result<HttpAnswer>> exchange(const HttpCall& call, SteadyTime deadline);
  asio::awaitable<bool> take_place(SteadyTime deadline);
  void give_place_back();
  void keep(std::unique_ptr<HttpConnection> connection);
  void count(const Result<HttpAnswer>& answer, SteadyTime began);

  HttpClientOptions options_;
  asio::any_io_executor executor_;
  asio::ssl::context& tls_;
  Metrics& metrics_;
  prometheus::Gauge& breaker_gauge_;
  prometheus::Histogram& durations_;
  CallBreaker breaker_;
  RetryBudget budget_;
  std::size_t under_way_ = 0;
  std::list<std::shared_ptr<asio::steady_timer>> waiting_;  // Cancelled when a place is free.
  std::list<std::unique_ptr<HttpConnection>> kept_;         // The latest used first.
};

// A context for all clients of a process: servers are verified against the system's certificates,
// or those of the file (PEM). Throws BadConfiguration when it cannot be read.
[[nodiscard]] asio::ssl::context client_tls(const std::string& ca_file);

}  // namespace orderflow::core
