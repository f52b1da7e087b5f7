#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "bench/http_answer.hpp"

namespace orderflow::bench {

namespace asio = boost::asio;

// One keep-alive connection to the API, for one client: connects when first used and again after a
// failure. Written by hand on the bare socket, since the generator shares the machine with what it
// measures. Belongs to the thread of its io_context. No deadlines: the phase has one.
class HttpConnection {
 public:
  HttpConnection(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint)
      : socket_(context), endpoint_(endpoint) {}

  // Sends one whole request and waits for its answer, whose views live until the next call. Throws
  // boost::system::system_error or core::Unavailable; the connection is closed then.
  asio::awaitable<HttpAnswer> exchange(std::string_view request);

 private:
  asio::awaitable<void> connect();
  asio::awaitable<HttpAnswer> send_and_receive(std::string_view request);
  void close();

  asio::ip::tcp::socket socket_;
  asio::ip::tcp::endpoint endpoint_;
  std::string received_;
  std::size_t answered_ = 0;  // Bytes of `received_` that belong to the last answer.
  bool keep_alive_ = true;
};

// "POST /orders" and its body as bytes on the wire.
[[nodiscard]] std::string make_request(std::string_view method, std::string_view target,
                                       std::string_view body = {});

}  // namespace orderflow::bench
