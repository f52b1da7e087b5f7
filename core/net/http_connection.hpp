#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstddef>
#include <variant>

#include "core/net/http_call.hpp"
#include "core/net/http_url.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

namespace asio = boost::asio;

// One connection to an HTTP service, plain or TLS, for one exchange after the other. Every wait
// ends at the given deadline, also that for the name. What the service sends is bounded: 16 KiB of
// headers, a body of `body_max` bytes, five interim answers; a redirect is not followed.
//
// One coroutine at a time, on the executor's thread. `url` and `tls` outlive it.
class HttpConnection {
 public:
  HttpConnection(asio::any_io_executor executor, const HttpUrl& url, asio::ssl::context& tls,
                 std::size_t body_max);

  asio::awaitable<Status> open(SteadyTime deadline);
  asio::awaitable<Result<HttpAnswer>> exchange(const HttpCall& call, SteadyTime deadline);

  // The service keeps it open for another exchange.
  [[nodiscard]] bool reusable() const { return reusable_; }

 private:
  using Plain = boost::beast::tcp_stream;
  using Secure = boost::beast::ssl_stream<Plain>;

  Plain& lowest();
  template <typename Stream>
  asio::awaitable<Result<HttpAnswer>> talk(Stream& stream, const HttpCall& call);

  const HttpUrl& url_;
  std::size_t body_max_;
  std::variant<Plain, Secure> stream_;
  boost::beast::flat_buffer buffer_;
  bool reusable_ = false;
};

}  // namespace orderflow::core
