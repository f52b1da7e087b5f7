#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json/text.hpp"
#include "core/values/time.hpp"

namespace orderflow::http_api {

namespace asio = boost::asio;

// What answers are written with.
using core::JsonArray;
using core::JsonObject;
using core::RawJson;

// The vocabulary of the HTTP server: plain values without Beast, which only session.cpp includes.

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOther };

[[nodiscard]] Method parse_method(std::string_view name);
[[nodiscard]] std::string_view name_of(Method method);

using HeaderList = std::vector<std::pair<std::string_view, std::string_view>>;

// All headers of that name, in any case, as one list (RFC 9110, 5.3); empty when there is none.
[[nodiscard]] std::string list_of(const HeaderList& headers, std::string_view name);

// A complete request. The views live as long as the request is being answered.
struct Request {
  Method method = Method::kOther;
  std::string_view path;
  std::string_view query;
  HeaderList headers;
  std::string body;

  // The first header of that name in any case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  // All of that name as one list (RFC 9110, 5.3); empty when there is none.
  [[nodiscard]] std::string header_list(std::string_view name) const;
  // Whether there is one, be it empty.
  [[nodiscard]] bool has_header(std::string_view name) const;
};

// Who has sent a request, for handlers that wait on purpose. Belongs to the connection's thread.
class Client {
 public:
  virtual ~Client() = default;
  // When the client leaves before the answer, `on_leaving` is called, once, instead of cancelling
  // the handler. One that sends so much meanwhile that its leaving could not be seen has left as
  // well. The handler may take this much longer.
  virtual void wait_on_purpose(core::Duration extra, std::function<void()> on_leaving) = 0;
  [[nodiscard]] virtual bool left() const = 0;
  // What limits by client go by: an IPv4 address, or the /64 network of an IPv6 address.
  [[nodiscard]] virtual std::string address() const = 0;
};

// Where a streamed answer goes. Belongs to the connection's thread.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // False when it is over.
  virtual asio::awaitable<bool> write(std::string text) = 0;
  // The client has left or the server stops: end the stream.
  [[nodiscard]] virtual bool over() const = 0;
};

using StreamBody = std::function<asio::awaitable<void>(ResponseStream&)>;

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // static text
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // when set: sent instead of `body`, uncopied
  std::vector<std::pair<std::string_view, std::string>> headers;  // names are static text
  StreamBody stream;  // when set: sent instead of `body`, until it returns

  // What is sent behind the header.
  [[nodiscard]] std::string_view text() const { return shared_body ? *shared_body : body; }

  Response& with(std::string_view name, std::string value) & {
    headers.emplace_back(name, std::move(value));
    return *this;
  }
  Response&& with(std::string_view name, std::string value) && {
    headers.emplace_back(name, std::move(value));
    return std::move(*this);
  }
};

// An answer with this JSON.
[[nodiscard]] Response json_response(std::string body, int status = 200);

// `a=1&b=2`, decoded, in order. Nothing when a % escape is broken.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace orderflow::http_api
