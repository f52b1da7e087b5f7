#include "tests/chaos/proxy.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string_view>

namespace orderflow::chaos {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kPiece = 16384;
constexpr Millis kHeldLook{5};

// CommandComplete: its kind, its length, its tag. As one answer it comes in one piece.
constexpr std::string_view kCommitted(
    "C\0\0\0\x0b"
    "COMMIT\0",
    12);

// Reset rather than closed, so that the other side sees what a broken network shows.
void reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

struct Proxy::Pipe {
  explicit Pipe(asio::io_context& context) : client(context), server(context) {}

  void cut() {
    open = false;
    reset(client);
    reset(server);
  }

  tcp::socket client;
  tcp::socket server;
  bool open = true;
  bool deaf = false;
};

Proxy::Proxy() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

Proxy::~Proxy() {
  context_.stop();
  thread_.join();
}

void Proxy::cut() {
  asio::post(context_, [this] {
    for (const auto& pipe : pipes_) pipe->cut();
  });
}

void Proxy::deafen(bool on) {
  deafening_ = on;
  if (!on) return;
  asio::post(context_, [this] {
    for (const auto& pipe : pipes_) pipe->deaf = true;
  });
}

void Proxy::heal() {
  delay_ms_ = 0;
  deafening_ = false;
  held_ = false;
  refused_ = false;
  commits_to_lose_ = 0;
}

asio::awaitable<void> Proxy::accept() {
  while (true) {
    error_code error;
    auto pipe = std::make_shared<Pipe>(context_);
    co_await acceptor_.async_accept(pipe->client, asio::redirect_error(asio::use_awaitable, error));
    if (error) continue;
    if (refused_ || target_ == 0) {
      reset(pipe->client);
      continue;
    }
    asio::co_spawn(context_, serve(std::move(pipe)), asio::detached);
  }
}

asio::awaitable<void> Proxy::serve(std::shared_ptr<Pipe> pipe) {
  error_code error;
  const tcp::endpoint target(asio::ip::address_v4::loopback(), target_);
  co_await pipe->server.async_connect(target, asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    reset(pipe->client);
    co_return;
  }
  pipe->client.set_option(tcp::no_delay(true), error);
  pipe->server.set_option(tcp::no_delay(true), error);
  pipe->deaf = deafening_;
  pipes_.insert(pipe);
  asio::co_spawn(context_, copy(pipe, Direction::kToClient), asio::detached);
  co_await copy(pipe, Direction::kToServer);
}

asio::awaitable<void> Proxy::copy(std::shared_ptr<Pipe> pipe, Direction direction) {
  const bool to_client = direction == Direction::kToClient;
  tcp::socket& from = to_client ? pipe->server : pipe->client;
  tcp::socket& to = to_client ? pipe->client : pipe->server;
  asio::steady_timer timer(context_);
  std::array<char, kPiece> bytes{};
  error_code error;
  while (pipe->open) {
    const std::size_t size = co_await from.async_read_some(
        asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    if (pipe->deaf) continue;
    co_await obstruct(*pipe, timer);
    if (!pipe->open) break;
    if (to_client && loses(bytes.data(), size)) {
      pipe->cut();
      break;
    }
    co_await asio::async_write(to, asio::buffer(bytes.data(), size),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
  }
  if (pipe->deaf && pipe->open) {
    // The other side hears nothing of it; what is left of the connection ends with that side.
    from.close(error);
    if (!to.is_open()) pipes_.erase(pipe);
    co_return;
  }
  // One side is gone: the other hears of it, and half a connection is none.
  pipe->open = false;
  from.close(error);
  to.close(error);
  pipes_.erase(pipe);
}

asio::awaitable<void> Proxy::obstruct(const Pipe& pipe, asio::steady_timer& timer) const {
  error_code ignored;
  if (delay_ms_ > 0) {
    timer.expires_after(Millis{delay_ms_});
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  while (held_ && pipe.open) {
    timer.expires_after(kHeldLook);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

bool Proxy::loses(const char* bytes, std::size_t size) {
  if (commits_to_lose_ <= 0) return false;
  if (std::string_view(bytes, size).find(kCommitted) == std::string_view::npos) return false;
  --commits_to_lose_;
  ++commits_lost_;
  return true;
}

}  // namespace orderflow::chaos
