#include "http-api/server/session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "core/testing/crash_point.hpp"
#include "http-api/server/response_head.hpp"

namespace orderflow::http_api {
namespace {

using boost::system::error_code;

constexpr std::size_t kReadBytes = 8192;
// After a refusal the client may still be sending: closing at once would reset the connection and
// take the answer along. This much is read and thrown away, for this long.
constexpr std::size_t kDrainBytesMax = 1024 * 1024;
constexpr core::Duration kDrainTime = std::chrono::seconds{1};
// A stream sends a heartbeat far more often; one that hangs is ended.
constexpr core::Duration kStreamSilenceMax = std::chrono::minutes{2};
constexpr std::size_t kNetworkBytes = 8;  // Of an IPv6 address; the others name a host in it.
// A connection beyond the limit has little time to say that it asks for health only.
constexpr core::Duration kExcessReadTimeout = std::chrono::seconds{1};
constexpr Refusal kTooManyConnections{503,
                                      "The server has as many connections as it takes; try again."};

struct CloseSocket {
  void operator()(asio::ip::tcp::socket* socket) const {
    error_code ignored;
    socket->close(ignored);
  }
};

}  // namespace

Session::Session(asio::ip::tcp::socket socket, SessionGroup& group, bool refuse)
    : socket_(std::move(socket)), group_(group), refuse_(refuse) {
  position_ = group_.sessions.insert(group_.sessions.end(), this);
  enter(Phase::kIdle, group_.options.idle_timeout);
}

Session::~Session() {
  release();
  group_.sessions.erase(position_);
}

void Session::enter(Phase phase, core::Duration limit) {
  phase_ = phase;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void Session::check(core::SteadyTime now) {
  if (phase_ == Phase::kHandling) begin_watch();
  if (now < deadline_) return;
  expired_ = true;
  error_code ignored;
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kReading: socket_.cancel(ignored); break;
    case Phase::kHandling: cancel_handler(); break;
    case Phase::kWriting:
    case Phase::kDraining: socket_.close(ignored); break;
  }
}

// What it waits for is abandoned; a write that has begun goes on without it.
void Session::cancel_handler() {
  cancelled_ = true;
  signal_.emit(asio::cancellation_type::terminal);
}

void Session::stop() {
  error_code ignored;
  if (phase_ == Phase::kIdle && socket_.available(ignored) == 0) socket_.cancel(ignored);
}

bool Session::idle() const {
  return !expired_ && (phase_ == Phase::kIdle || (refuse_ && phase_ == Phase::kReading));
}

Session* Session::longest_idle(const SessionGroup& group, bool refused) {
  Session* longest = nullptr;
  for (Session* session : group.sessions) {
    if (session->refuse_ != refused || !session->idle()) continue;
    if (longest == nullptr || session->deadline_ < longest->deadline_) longest = session;
  }
  error_code ignored;
  return longest != nullptr && longest->socket_.available(ignored) == 0 ? longest : nullptr;
}

void Session::make_room() {
  expired_ = true;
  makes_room_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Session::abort() {
  error_code ignored;
  signal_.emit(asio::cancellation_type::terminal);
  socket_.close(ignored);
}

asio::awaitable<void> Session::run() {
  // Whatever ends the connection, nothing that waits on its socket outlives it.
  const std::unique_ptr<asio::ip::tcp::socket, CloseSocket> closed_at_the_end(&socket_);
  co_await serve();
}

asio::awaitable<void> Session::serve() {
  // A deadline that strikes between two awaits must not end the connection's own coroutine.
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    const Received received = co_await read_request();
    if (received == Received::kNothing) co_return;
    const bool refused = received == Received::kRefused ||
                         (refuse_ && !group_.dispatcher.answers_when_full(parser_->request()));
    if (refused) {
      co_await answer_refusal();
      co_return;
    }
    Response response = co_await handle();
    if (response.stream && parser_->request().method != Method::kHead) {
      co_await run_stream(std::move(response));
      co_return;
    }
    end_watch();
    const bool keep = parser_->keeps_alive() && !refuse_ && !group_.stopping;
    // Only what promises something is worth dying at.
    const bool promise = response.status == 202;
    if (promise) core::crash_point(core::CrashPlace::kBeforeAnswer);
    if (!co_await send_answer(response, keep)) co_return;
    if (promise) core::crash_point(core::CrashPlace::kAfterAnswer);
    if (!keep) {
      co_await drain();
      co_return;
    }
  }
}

asio::awaitable<void> Session::answer_refusal() {
  // With nothing unread, closing leaves the answer alone; and who makes room makes it now.
  const bool drains = begun() && !makes_room_;
  const Refusal refusal = refuse_ ? kTooManyConnections : *parser_->refusal();
  const Response response =
      co_await group_.dispatcher.refuse_unread(parser_->request(), refusal.status, refusal.detail);
  if (co_await send_answer(response, false) && drains) co_await drain();
}

asio::awaitable<Response> Session::handle() {
  enter(Phase::kHandling, group_.options.request_timeout);
  expired_ = false;
  cancelled_ = false;
  Response response = co_await group_.dispatcher.answer(parser_->request(), this);
  if (std::exchange(cancelled_, false)) {
    // The cancellation is spent; the next request of this connection starts with a clean state.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }
  co_return response;
}

void Session::await_request() {
  if (buffer_.size() == 0 && buffer_.capacity() > kReadBytes) buffer_.shrink_to_fit();
  const ServerOptions& options = group_.options;
  parser_.emplace(
      RequestLimits{options.header_bytes_max, options.body_bytes_max, options.framing_bytes_max});
  continue_sent_ = false;
  expired_ = false;  // That of the request before ended nothing but its handler.
  if (refuse_) return enter(Phase::kReading, kExcessReadTimeout);
  enter(Phase::kIdle, options.idle_timeout);
}

asio::awaitable<Session::Received> Session::read_request() {
  await_request();
  error_code ignored;
  while (true) {
    parse_buffered();
    if (parser_->refusal()) co_return Received::kRefused;
    if (parser_->complete()) co_return Received::kRequest;
    if (begun() && phase_ == Phase::kIdle) enter(Phase::kReading, group_.options.read_timeout);
    const bool unwanted = group_.stopping || expired_;
    if (unwanted && phase_ == Phase::kIdle && socket_.available(ignored) == 0) {
      co_return Received::kNothing;
    }
    co_await continue_if_expected();
    if (!co_await fill_buffer()) {
      if (!expired_ || phase_ != Phase::kReading) co_return Received::kNothing;
      parser_->give_up();
      co_return Received::kRefused;
    }
  }
}

// A line that belongs to no request begins none.
bool Session::begun() const { return (parser_ && parser_->begun()) || buffer_.size() > 0; }

asio::awaitable<bool> Session::fill_buffer() {
  error_code error;
  const auto space = buffer_.prepare(kReadBytes);
  const std::size_t bytes =
      co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return false;
  buffer_.commit(bytes);
  co_return true;
}

void Session::parse_buffered() {
  const auto bytes = buffer_.cdata();
  buffer_.consume(parser_->put({static_cast<const char*>(bytes.data()), bytes.size()}));
}

asio::awaitable<void> Session::continue_if_expected() {
  if (continue_sent_ || !parser_->expects_continue()) co_return;
  continue_sent_ = true;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code error;  // A client that left is noticed by the next read.
  co_await asio::async_write(socket_, asio::buffer(kContinue),
                             asio::redirect_error(asio::use_awaitable, error));
}

std::size_t Session::memory() const {
  return buffer_.capacity() + (parser_ ? parser_->memory() : 0);
}

bool Session::sends_body(const Response& response) const {
  return parser_->request().method != Method::kHead && has_body(response.status);
}

std::string Session::head_of(const Response& response, bool keep_alive) const {
  std::string_view connection;
  if (!keep_alive) {
    connection = "close";
  } else if (parser_->version() < 11) {
    connection = "keep-alive";
  }
  return response_head(response, group_.date, connection);
}

asio::awaitable<bool> Session::send_answer(const Response& response, bool keep_alive) {
  hold(response.body.size());
  const std::string head = head_of(response, keep_alive);
  const auto body = sends_body(response) ? response.text() : std::string_view();
  const bool sent = co_await send(head, body);
  release();
  co_return sent;
}

asio::awaitable<bool> Session::send(std::string_view head, std::string_view body) {
  enter(Phase::kWriting, group_.options.write_timeout);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  error_code error;
  co_await asio::async_write(socket_, parts, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

// Where too much is unsent, who has been taking its answer for longest is cut off: clients that
// read have theirs within moments.
void Session::hold(std::size_t bytes) {
  unsent_ = bytes;
  group_.unsent_bytes += bytes;
  while (group_.unsent_bytes > group_.options.unsent_bytes_max) {
    Session* slowest = nullptr;
    for (Session* other : group_.sessions) {
      if (other == this || other->unsent_ == 0) continue;
      if (slowest == nullptr || other->deadline_ < slowest->deadline_) slowest = other;
    }
    if (slowest == nullptr) return;
    slowest->release();
    error_code ignored;
    slowest->socket_.close(ignored);
  }
}

void Session::release() { group_.unsent_bytes -= std::exchange(unsent_, 0); }

void Session::wait_on_purpose(core::Duration extra, std::function<void()> on_leaving) {
  deadline_ += extra;
  on_leaving_ = std::move(on_leaving);
  begin_watch();
}

void Session::begin_watch() {
  if (std::exchange(watching_, true)) return;
  ++watch_;
  watch();
}

void Session::watch() {
  auto readable = [self = shared_from_this(), watch = watch_](const error_code& error) {
    if (!error && watch == self->watch_) self->read_ahead();
  };
  socket_.async_wait(asio::ip::tcp::socket::wait_read, std::move(readable));
}

// Only reading tells that the client has left; what it sends meanwhile is the next request. Behind
// more than is kept its leaving could not be seen: a handler that waits, or a stream, ends, lest it
// last; any other is done soon. A client that has only closed its sending side cannot be told from
// one that has left, and counts as such.
void Session::read_ahead() {
  if (buffer_.size() < kReadBytes) {
    error_code error;
    socket_.non_blocking(true, error);
    const std::size_t space = kReadBytes - buffer_.size();
    buffer_.commit(socket_.read_some(buffer_.prepare(space), error));
    if (!error || error == asio::error::would_block) return watch();
  } else if (!on_leaving_ && !streaming_) {
    watching_ = false;
    return;
  }
  client_left_ = true;
  if (const auto notify = std::exchange(on_leaving_, nullptr)) return notify();
  if (phase_ == Phase::kHandling) cancel_handler();
}

void Session::end_watch() {
  ++watch_;
  watching_ = false;
  on_leaving_ = nullptr;
  client_left_ = false;
}

std::string Session::address() const {
  error_code error;
  const auto address = socket_.remote_endpoint(error).address();
  if (error || address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto network = v6.to_bytes();
  std::fill(network.begin() + kNetworkBytes, network.end(), std::uint8_t{0});
  return asio::ip::address_v6(network).to_string();
}

asio::awaitable<bool> Session::write(std::string text) {
  if (over()) co_return false;
  const bool sent = co_await send(text);
  enter(Phase::kHandling, kStreamSilenceMax);
  co_return sent && !over();
}

asio::awaitable<void> Session::run_stream(Response response) {
  if (!co_await send_answer(response, false)) co_return;
  enter(Phase::kHandling, kStreamSilenceMax);
  streaming_ = true;
  try {
    co_await response.stream(*this);
  } catch (const boost::system::system_error&) {
    client_left_ = true;  // Cancelled: the server cannot wait any longer, or nothing was sent.
  }
  co_await drain();
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
