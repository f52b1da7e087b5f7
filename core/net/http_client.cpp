#include "core/net/http_client.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

#include "core/values/failure.hpp"
#include "core/values/random.hpp"

namespace orderflow::core {
namespace {

using std::chrono::steady_clock;

// Breaker and budget take moments of a clock that does not go back.
Time breaker_now() { return Time(since(SteadyTime{})); }

bool attempt_failed(const Result<HttpAnswer>& answer) {
  return answer ? answer->status >= 500 : true;
}

bool refused_here(const Result<HttpAnswer>& answer) {
  if (answer) return false;
  const std::string_view code = answer.error().code;
  return code == call_failure::kBreakerOpen || code == call_failure::kBusy;
}

Duration full_jitter(Duration pause) {
  std::minstd_rand generator(static_cast<std::uint32_t>(random_bits()));
  return Duration{std::uniform_int_distribution<std::int64_t>(0, pause.count())(generator)};
}

}  // namespace

class HttpClient::Place {
 public:
  explicit Place(HttpClient& client) : client_(client) {}
  ~Place() { client_.give_place_back(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  HttpClient& client_;
};

HttpClient::HttpClient(HttpClientOptions options, asio::any_io_executor executor,
                       asio::ssl::context& tls, Metrics& metrics)
    : options_(std::move(options)),
      executor_(std::move(executor)),
      tls_(tls),
      metrics_(metrics),
      breaker_gauge_(metrics.gauge("circuit_breaker_state",
                                   "Of calls to a service: 0 closed, 1 half-open, 2 open.",
                                   {{"target", options_.target}})),
      durations_(metrics.histogram("call_duration_seconds", "Attempts to call a service.",
                                   {{"target", options_.target}}, Metrics::latency_bounds())),
      breaker_(options_.breaker) {}

HttpClient::~HttpClient() = default;

asio::awaitable<Result<HttpAnswer>> HttpClient::call(HttpCall call) {
  const SteadyTime deadline = steady_clock::now() + options_.call_timeout;
  budget_.called(breaker_now());
  for (int attempts = 1;; ++attempts) {
    auto answer = co_await attempt(call, deadline);
    const bool give_up = !call.repeatable || !attempt_failed(answer) || refused_here(answer) ||
                         attempts >= options_.attempts_max;
    if (give_up) co_return answer;
    Duration pause = full_jitter(options_.pauses.after(attempts));
    if (answer && answer->retry_after) pause = std::max<Duration>(pause, *answer->retry_after);
    if (steady_clock::now() + pause >= deadline || !budget_.spend(breaker_now())) co_return answer;
    asio::steady_timer timer(executor_, pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Result<HttpAnswer>> HttpClient::attempt(const HttpCall& call, SteadyTime deadline) {
  const bool has_place = co_await take_place(deadline);
  if (!has_place) {
    Result<HttpAnswer> busy = fail(
        call_failure::kBusy, "too many calls to " + options_.target + " are under way", {}, true);
    count(busy, steady_clock::now());
    co_return busy;
  }
  const Place place(*this);
  const auto began = steady_clock::now();
  const auto admission = breaker_.admit(breaker_now());
  if (admission == CallBreaker::Admission::kRefused) {
    Result<HttpAnswer> refused = fail(call_failure::kBreakerOpen,
                                      "calls to " + options_.target +
                                          " fail, so this one was "
                                          "not sent; the circuit breaker is open",
                                      {}, true);
    count(refused, began);
    co_return refused;
  }
  auto answer = co_await exchange(call, std::min(deadline, began + options_.attempt_timeout));
  breaker_.ended(admission, attempt_failed(answer), breaker_now());
  breaker_gauge_.Set(static_cast<double>(breaker_.state()));
  count(answer, began);
  co_return answer;
}

// A kept connection may have been closed by the service meanwhile; what is not repeatable goes by
// a new one, since it might have been read before.
asio::awaitable<Result<HttpAnswer>> HttpClient::exchange(const HttpCall& call,
                                                         SteadyTime deadline) {
  while (call.repeatable && !kept_.empty()) {
    auto connection = std::move(kept_.front());
    kept_.pop_front();
    auto answer = co_await connection->exchange(call, deadline);
    if (answer || answer.error().code != call_failure::kCutOff) {
      keep(std::move(connection));
      co_return answer;
    }
  }
  auto connection =
      std::make_unique<HttpConnection>(executor_, options_.url, tls_, options_.body_bytes_max);
  auto opened = co_await connection->open(deadline);
  if (!opened) co_return tl::unexpected(std::move(opened).error());
  auto answer = co_await connection->exchange(call, deadline);
  keep(std::move(connection));
  co_return answer;
}

asio::awaitable<bool> HttpClient::take_place(SteadyTime deadline) {
  if (under_way_ < options_.connections_max) {
    ++under_way_;
    co_return true;
  }
  if (waiting_.size() >= options_.waiting_max) co_return false;
  const auto timer = std::make_shared<asio::steady_timer>(executor_, deadline);
  const auto position = waiting_.insert(waiting_.end(), timer);
  co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
  // Who gives a place back hands it over, and takes the timer out of the list.
  if (timer->expiry() == SteadyTime::min()) co_return true;
  waiting_.erase(position);
  co_return false;
}

void HttpClient::give_place_back() {
  if (waiting_.empty()) {
    --under_way_;
    return;
  }
  const auto timer = std::move(waiting_.front());
  waiting_.pop_front();
  timer->expires_at(SteadyTime::min());
}

void HttpClient::keep(std::unique_ptr<HttpConnection> connection) {
  if (connection->reusable()) kept_.push_front(std::move(connection));
}

void HttpClient::count(const Result<HttpAnswer>& answer, SteadyTime began) {
  const std::string outcome =
      answer ? std::to_string(answer->status / 100) + "xx" : answer.error().code;
  metrics_
      .counter("calls_total", "Attempts to call a service by what they came to.",
               {{"target", options_.target}, {"outcome", outcome}})
      .Increment();
  if (refused_here(answer)) return;
  durations_.Observe(std::chrono::duration<double>(steady_clock::now() - began).count());
}

asio::ssl::context client_tls(const std::string& ca_file) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code failure;
  if (ca_file.empty()) {
    context.set_default_verify_paths(failure);
  } else {
    context.load_verify_file(ca_file, failure);
  }
  if (failure) {
    throw BadConfiguration("the certificates of " + (ca_file.empty() ? "the system" : ca_file) +
                           " cannot be read: " + failure.message());
  }
  return context;
}

}  // namespace orderflow::core
