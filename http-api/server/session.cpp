#include "http-api/server/session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/url/parse.hpp>

#include "core/testing/crash_point.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

// Whose second value somebody on the way may have read instead of the first.
constexpr std::array<std::string_view, 7> kSingleHeaders{
    "Authorization", "Content-Encoding", "Content-Type",      "Idempotency-Key",
    "Last-Event-ID", "X-Correlation-ID", "X-Internal-API-Key"};

bool repeats_single_header(
    const std::vector<std::pair<std::string_view, std::string_view>>& headers) {
  for (auto later = headers.begin(); later != headers.end(); ++later) {
    const auto same = [later](const auto& earlier) {
      return equals_ignoring_case(earlier.first, later->first);
    };
    if (std::none_of(headers.begin(), later, same)) continue;
    const auto names_it = [later](std::string_view name) {
      return equals_ignoring_case(name, later->first);
    };
    if (std::any_of(kSingleHeaders.begin(), kSingleHeaders.end(), names_it)) return true;
  }
  return false;
}

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8192;
// After a refusal the client may still be sending: closing at once would reset the connection and
// take the answer along. This much is read and thrown away, for this long.
constexpr std::size_t kDrainBytesMax = 1024 * 1024;
constexpr core::Duration kDrainTime = std::chrono::seconds{1};

bool has_body(int status) { return status != 204 && status != 304; }

}  // namespace

Session::Session(asio::ip::tcp::socket socket, SessionGroup& group, bool refuse)
    : socket_(std::move(socket)), group_(group), refuse_(refuse) {
  position_ = group_.sessions.insert(group_.sessions.end(), this);
  enter(Phase::kIdle, group_.options.idle_timeout);
}

Session::~Session() { group_.sessions.erase(position_); }

void Session::enter(Phase phase, core::Duration limit) {
  phase_ = phase;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void Session::check(core::SteadyTime now) {
  if (now < deadline_) return;
  expired_ = true;
  error_code ignored;
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kReading: socket_.cancel(ignored); break;
    case Phase::kHandling: signal_.emit(asio::cancellation_type::terminal); break;
    case Phase::kWriting:
    case Phase::kDraining: socket_.close(ignored); break;
  }
}

void Session::stop() {
  error_code ignored;
  if (phase_ == Phase::kIdle && socket_.available(ignored) == 0) socket_.cancel(ignored);
}

void Session::abort() {
  error_code ignored;
  signal_.emit(asio::cancellation_type::terminal);
  socket_.close(ignored);
}

asio::awaitable<void> Session::run() {
  // A deadline that strikes between two awaits must not end the connection's own coroutine.
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    const std::optional<Refusal> refusal = co_await read_request();
    if (refusal) {
      if (refusal->status == 0) co_return;
      const Response response =
          co_await group_.dispatcher.refuse_unread(refusal->status, refusal->detail);
      request_.method = Method::kOther;
      if (co_await send(serialize(response, false))) co_await drain();
      co_return;
    }
    Response response = co_await handle();
    if (response.stream && request_.method != Method::kHead) {
      co_await run_stream(std::move(response));
      co_return;
    }
    const bool keep = keep_alive_ && !group_.stopping;
    // Only what promises something is worth dying at.
    const bool promise = response.status == 202;
    if (promise) core::crash_point(core::CrashPlace::kBeforeAnswer);
    if (!co_await send(serialize(response, keep))) co_return;
    if (promise) core::crash_point(core::CrashPlace::kAfterAnswer);
    if (!keep) {
      co_await drain();
      co_return;
    }
  }
}

asio::awaitable<Response> Session::handle() {
  enter(Phase::kHandling, group_.options.request_timeout);
  expired_ = false;
  Response response = co_await group_.dispatcher.answer(request_, &deadline_);
  if (expired_) {
    expired_ = false;
    // The cancellation is spent; the next request of this connection starts with a clean state.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }
  co_return response;
}

asio::awaitable<std::optional<Session::Refusal>> Session::read_request() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(group_.options.header_bytes_max));
  parser_->body_limit(group_.options.body_bytes_max);
  continue_sent_ = false;
  const bool more_buffered = buffer_.size() > 0;
  enter(more_buffered ? Phase::kReading : Phase::kIdle,
        more_buffered ? group_.options.read_timeout : group_.options.idle_timeout);
  error_code ignored;
  if (group_.stopping && !more_buffered && socket_.available(ignored) == 0) co_return Refusal{};
  while (true) {
    if (buffer_.size() > 0) {
      if (auto refusal = parse_buffered()) co_return refusal;
      if (parser_->is_done()) break;
      co_await continue_if_expected();
    }
    if (!co_await fill_buffer()) {
      if (expired_ && phase_ == Phase::kReading) {
        co_return Refusal{408, "The request did not arrive in time; send it faster."};
      }
      co_return Refusal{};
    }
    if (phase_ == Phase::kIdle) enter(Phase::kReading, group_.options.read_timeout);
  }
  co_return adopt_request();
}

asio::awaitable<bool> Session::fill_buffer() {
  error_code error;
  const auto space = buffer_.prepare(kReadBytes);
  const std::size_t bytes =
      co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return false;
  buffer_.commit(bytes);
  co_return true;
}

std::optional<Session::Refusal> Session::parse_buffered() {
  while (buffer_.size() > 0 && !parser_->is_done()) {
    error_code error;
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error == http::error::need_more) return std::nullopt;
    if (error == http::error::header_limit) {
      return Refusal{431, "The request's header is larger than this server takes; shorten it."};
    }
    if (error == http::error::body_limit) {
      return Refusal{413, "The request's body is larger than this server takes; shorten it."};
    }
    if (error) return Refusal{400, "This is not a well-formed HTTP request."};
    if (used == 0) return std::nullopt;
  }
  return std::nullopt;
}

asio::awaitable<void> Session::continue_if_expected() {
  if (continue_sent_ || !parser_->is_header_done()) co_return;
  continue_sent_ = true;
  const auto expect = parser_->get()[http::field::expect];
  if (!equals_ignoring_case({expect.data(), expect.size()}, "100-continue")) co_return;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code error;  // A client that left is noticed by the next read.
  co_await asio::async_write(socket_, asio::buffer(kContinue),
                             asio::redirect_error(asio::use_awaitable, error));
}

std::optional<Session::Refusal> Session::adopt_request() {
  auto& message = parser_->get();
  version_ = message.version();
  keep_alive_ = message.keep_alive();
  request_.headers.clear();
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    request_.headers.emplace_back(std::string_view(name.data(), name.size()),
                                  std::string_view(value.data(), value.size()));
  }
  const auto method = message.method_string();
  request_.method = parse_method({method.data(), method.size()});
  target_.assign(message.target().data(), message.target().size());
  request_.body = std::move(message.body());
  if (version_ >= 11 && message.count(http::field::host) != 1) {
    return Refusal{400, "An HTTP/1.1 request has exactly one Host header."};
  }
  if (repeats_single_header(request_.headers)) {
    return Refusal{400, "A header that may be given once only is given twice."};
  }
  if (!adopt_target()) {
    return Refusal{400, "The request target is neither a path nor an HTTP URL."};
  }
  if (refuse_) return Refusal{503, "The server has as many connections as it takes; try again."};
  return std::nullopt;
}

// A path with its query; or a whole URL, as clients send it to proxies (RFC 9112, 3.2), of which
// only those parts are used.
bool Session::adopt_target() {
  if (target_.starts_with('/')) {
    const std::string_view target = target_;
    const auto question = std::min(target.find('?'), target.size());
    request_.path = target.substr(0, question);
    request_.query = target.substr(std::min(question + 1, target.size()));
    return true;
  }
  const auto url = boost::urls::parse_uri(target_);
  if (!url || !url->has_authority() || url->has_userinfo() || url->has_fragment() ||
      (url->scheme_id() != boost::urls::scheme::http &&
       url->scheme_id() != boost::urls::scheme::https)) {
    return false;
  }
  request_.path = url->encoded_path();
  if (request_.path.empty()) request_.path = "/";
  request_.query = url->encoded_query();
  return true;
}

std::string Session::serialize(const Response& response, bool keep_alive) const {
  std::string out;
  out.reserve(320 + response.body.size());
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\nDate: ").append(group_.date);
  if (has_body(response.status)) {
    out.append("\r\nContent-Type: ").append(response.content_type);
    if (!response.stream) {
      out.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
    }
  }
  for (const auto& [name, value] : response.headers) {
    out.append("\r\n").append(name).append(": ").append(value);
  }
  if (!keep_alive) {
    out.append("\r\nConnection: close");
  } else if (version_ < 11) {
    out.append("\r\nConnection: keep-alive");
  }
  out.append("\r\n\r\n");
  if (request_.method != Method::kHead && has_body(response.status)) out.append(response.body);
  return out;
}

asio::awaitable<bool> Session::send(const std::string& text) {
  enter(Phase::kWriting, group_.options.write_timeout);
  error_code error;
  co_await asio::async_write(socket_, asio::buffer(text),
                             asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

asio::awaitable<bool> Session::write(std::string text) {
  if (client_left_ || group_.stopping) co_return false;
  const bool sent = co_await send(text);
  enter(Phase::kHandling, std::chrono::hours{24});
  co_return sent && !client_left_;
}

asio::awaitable<void> Session::run_stream(Response response) {
  if (!co_await send(serialize(response, false))) co_return;
  enter(Phase::kHandling, std::chrono::hours{24});
  // A client that leaves while nothing happens is noticed by this read, which wakes the stream.
  std::array<char, 1> byte{};
  auto noticed = [self = shared_from_this()](const error_code& error, std::size_t /*bytes*/) {
    self->client_left_ = true;
    if (error && error != asio::error::operation_aborted && self->phase_ == Phase::kHandling) {
      self->signal_.emit(asio::cancellation_type::terminal);
    }
  };
  socket_.async_read_some(asio::buffer(byte), std::move(noticed));
  try {
    co_await response.stream(*this);
  } catch (const boost::system::system_error&) {
    client_left_ = true;  // Cancelled: by the client's leaving or by the server's end.
  }
  enter(Phase::kDraining, kDrainTime);
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  socket_.close(ignored);
}

asio::awaitable<void> Session::drain() {
  enter(Phase::kDraining, kDrainTime);
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::array<char, 4096> scrap{};
  std::size_t total = 0;
  while (!error && total < kDrainBytesMax) {
    total += co_await socket_.async_read_some(asio::buffer(scrap),
                                              asio::redirect_error(asio::use_awaitable, error));
  }
}

}  // namespace orderflow::http_api
