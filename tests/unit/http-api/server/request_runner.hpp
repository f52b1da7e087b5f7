#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http-api/server/dispatcher.hpp"

namespace orderflow::http_api {

// Answers one request as a connection would have it answered, without a socket.
inline Response run_request(const Dispatcher& dispatcher, const Request& request) {
  asio::io_context context;
  std::optional<Response> response;
  auto asked = [&]() -> asio::awaitable<void> {
    response = co_await dispatcher.answer(request, nullptr);
  };
  asio::co_spawn(context, std::move(asked), asio::detached);
  context.run();
  return std::move(response.value());
}

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

inline Request request_to(Method method, std::string_view target, Headers headers = {},
                          std::string body = {}) {
  Request request;
  request.method = method;
  request.path = target.substr(0, target.find('?'));
  if (const auto question = target.find('?'); question != target.npos) {
    request.query = target.substr(question + 1);
  }
  request.headers = std::move(headers);
  request.body = std::move(body);
  return request;
}

inline std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace orderflow::http_api
