#include "core/net/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <utility>

#include "core/values/ip_address.hpp"
#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Failure = boost::system::error_code;

constexpr std::uint32_t kHeaderBytesMax = 16 * 1024;
constexpr std::size_t kBufferBytesMax = 64 * 1024;
constexpr int kInterimAnswersMax = 5;
constexpr std::size_t kLocationBytesMax = 200;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

tl::unexpected<Error> failed(const char* code, std::string detail) {
  return fail(code, std::move(detail), {}, true);
}

// What became of a read or a write. Streams tell of their deadline by `timeout`.
tl::unexpected<Error> failed_exchange(const Failure& failure) {
  using http::error;
  if (failure == beast::error::timeout) {
    return failed(call_failure::kTimedOut, "it did not answer in time");
  }
  if (failure == error::header_limit || failure == error::body_limit ||
      failure == error::buffer_overflow) {
    return failed(call_failure::kTooLarge, "the answer is larger than is read");
  }
  const bool of_http =
      failure.category() == http::make_error_code(error::bad_line_ending).category();
  const bool ended = failure == error::end_of_stream || failure == error::partial_message;
  if (of_http && !ended) {
    return failed(call_failure::kNotHttp, "the answer cannot be read: " + failure.message());
  }
  return failed(call_failure::kCutOff,
                "the connection was cut: " + (ended ? "it was closed" : failure.message()));
}

struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  Failure failure = asio::error::timed_out;
  tcp::resolver::results_type found;
};

// A look-up cannot be ended early, so it is left behind where it takes too long.
asio::awaitable<std::shared_ptr<Lookup>> look_up(const HttpUrl& url, asio::any_io_executor executor,
                                                 SteadyTime deadline) {
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(deadline);
  lookup->resolver.async_resolve(url.host, url.port,
                                 [lookup](Failure failure, tcp::resolver::results_type found) {
                                   lookup->failure = failure;
                                   lookup->found = std::move(found);
                                   lookup->done.cancel();
                                 });
  co_await lookup->done.async_wait(kAwait);
  co_return lookup;
}

std::optional<std::chrono::seconds> seconds_of(std::string_view retry_after) {
  const auto seconds = parse_number<std::int32_t>(retry_after);
  if (!seconds || *seconds < 0) return std::nullopt;
  return std::chrono::seconds{*seconds};
}

}  // namespace

HttpConnection::HttpConnection(asio::any_io_executor executor, const HttpUrl& url,
                               asio::ssl::context& tls, std::size_t body_max)
    : url_(url),
      body_max_(body_max),
      stream_(std::in_place_type<Plain>, executor),
      buffer_(kBufferBytesMax) {
  if (url.tls) stream_.emplace<Secure>(Plain(executor), tls);
}

HttpConnection::Plain& HttpConnection::lowest() {
  if (auto* secure = std::get_if<Secure>(&stream_)) return secure->next_layer();
  return std::get<Plain>(stream_);
}

asio::awaitable<Status> HttpConnection::open(SteadyTime deadline) {
  const auto lookup = co_await look_up(url_, lowest().get_executor(), deadline);
  if (lookup->failure == asio::error::timed_out) {
    co_return failed(call_failure::kTimedOut, "the name " + url_.host + " was not found in time");
  }
  if (lookup->failure) {
    co_return failed(call_failure::kUnreachable,
                     "the name " + url_.host + " is not known: " + lookup->failure.message());
  }
  lowest().expires_at(deadline);
  const auto [refused, endpoint] = co_await lowest().async_connect(lookup->found, kAwait);
  if (refused == beast::error::timeout) {
    co_return failed(call_failure::kTimedOut, "it took no connection in time");
  }
  if (refused) {
    co_return failed(call_failure::kUnreachable, "it takes no connection: " + refused.message());
  }
  lowest().socket().set_option(tcp::no_delay(true));
  auto* secure = std::get_if<Secure>(&stream_);
  if (secure == nullptr) co_return Status{};
  secure->set_verify_callback(asio::ssl::host_name_verification(url_.host));
  if (!is_ip_address(url_.host))
    SSL_set_tlsext_host_name(secure->native_handle(), url_.host.c_str());
  const auto [failure] = co_await secure->async_handshake(asio::ssl::stream_base::client, kAwait);
  if (failure == beast::error::timeout) {
    co_return failed(call_failure::kTimedOut, "it did not finish the TLS handshake in time");
  }
  if (failure) {
    co_return failed(call_failure::kTls, "the TLS handshake failed: " + failure.message());
  }
  co_return Status{};
}

asio::awaitable<Result<HttpAnswer>> HttpConnection::exchange(const HttpCall& call,
                                                             SteadyTime deadline) {
  reusable_ = false;
  lowest().expires_at(deadline);
  if (auto* secure = std::get_if<Secure>(&stream_)) co_return co_await talk(*secure, call);
  co_return co_await talk(std::get<Plain>(stream_), call);
}

template <typename Stream>
asio::awaitable<Result<HttpAnswer>> HttpConnection::talk(Stream& stream, const HttpCall& call) {
  http::request<http::string_body> request(call.method, url_.path + call.path, 11);
  request.set(http::field::host, url_.authority());
  request.set(http::field::user_agent, "orderflow");
  request.set(http::field::accept_encoding, "identity");
  for (const auto& [name, value] : call.headers) request.set(name, value);
  request.body() = call.body;
  request.prepare_payload();
  const auto [unsent, sent] = co_await http::async_write(stream, request, kAwait);
  if (unsent) co_return failed_exchange(unsent);

  std::optional<http::response_parser<http::string_body>> parser;
  for (int interim = 0; interim <= kInterimAnswersMax; ++interim) {
    parser.emplace();
    parser->header_limit(kHeaderBytesMax);
    parser->body_limit(body_max_);
    const auto [failure, read] = co_await http::async_read_header(stream, buffer_, *parser, kAwait);
    if (failure) co_return failed_exchange(failure);
    if (parser->get().result_int() >= 200) break;
  }
  const unsigned status = parser->get().result_int();
  if (status < 200) co_return failed(call_failure::kNotHttp, "interim answers follow each other");
  const auto& head = parser->get();
  if (status >= 300 && status < 400 && status != 304) {
    co_return failed(call_failure::kRedirected,
                     "it answers " + std::to_string(status) + " to " +
                         std::string(head[http::field::location].substr(0, kLocationBytesMax)));
  }
  const std::string_view encoding = head[http::field::content_encoding];
  if (!encoding.empty() && encoding != "identity") {
    co_return failed(call_failure::kEncoded, "the answer is encoded as " + std::string(encoding));
  }
  const auto [failure, read] = co_await http::async_read(stream, buffer_, *parser, kAwait);
  if (failure) co_return failed_exchange(failure);
  reusable_ = parser->keep_alive() && buffer_.size() == 0;
  HttpAnswer answer{status, seconds_of(head[http::field::retry_after]),
                    std::move(parser->get().body())};
  co_return answer;
}

}  // namespace orderflow::core
