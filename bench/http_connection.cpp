#include "bench/http_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "core/values/failure.hpp"

namespace orderflow::bench {
namespace {

constexpr std::size_t kReadBytes = 4096;

}  // namespace

asio::awaitable<HttpAnswer> HttpConnection::exchange(std::string_view request) {
  try {
    co_return co_await send_and_receive(request);
  } catch (...) {
    close();
    throw;
  }
}

asio::awaitable<HttpAnswer> HttpConnection::send_and_receive(std::string_view request) {
  if (!keep_alive_) close();
  if (!socket_.is_open()) co_await connect();
  received_.erase(0, answered_);
  answered_ = 0;
  co_await asio::async_write(socket_, asio::buffer(request), asio::use_awaitable);
  while (true) {
    const std::size_t used = received_.size();
    received_.resize(used + kReadBytes);
    const auto space = asio::buffer(received_.data() + used, kReadBytes);
    const std::size_t count = co_await socket_.async_read_some(space, asio::use_awaitable);
    received_.resize(used + count);
    const auto parsed = parse_answer(received_);
    if (!parsed) throw core::Unavailable(parsed.error().detail + "; " + parsed.error().hint);
    if (!*parsed) continue;
    answered_ = (*parsed)->size;
    keep_alive_ = (*parsed)->keep_alive;
    co_return **parsed;
  }
}

asio::awaitable<void> HttpConnection::connect() {
  co_await socket_.async_connect(endpoint_, asio::use_awaitable);
  socket_.set_option(asio::ip::tcp::no_delay(true));
}

void HttpConnection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  received_.clear();
  answered_ = 0;
  keep_alive_ = true;
}

std::string make_request(std::string_view method, std::string_view target, std::string_view body) {
  std::string request;
  request.reserve(160 + body.size());
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: bench\r\n");
  if (!body.empty()) {
    request.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  }
  return request.append("\r\n").append(body);
}

}  // namespace orderflow::bench
