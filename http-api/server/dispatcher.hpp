#pragma once

#include <string>
#include <vector>

#include "http-api/server/problem.hpp"
#include "http-api/server/router.hpp"

namespace orderflow::http_api {

// The routing table with the middleware that surrounds each of its handlers. Immutable once made,
// shared by all threads of a server.
class Dispatcher {
 public:
  // `layers`: the outermost first. They also surround the refusals of what no route answers, under
  // the pattern "unmatched".
  Dispatcher(std::vector<Route> routes, const std::vector<Middleware>& layers);

  // Answers the request; never throws for what a handler does, given that a layer sees to that.
  [[nodiscard]] asio::awaitable<Response> answer(const Request& request, Client* client) const;

  // Whether it is answered also to a client beyond the limit of connections.
  [[nodiscard]] bool answers_when_full(const Request& request) const;

  // The answer to a request that could not even be read (400, 408, 413, ...) or served (503).
  [[nodiscard]] asio::awaitable<Response> refuse_unread(const Request& request, int status,
                                                        std::string_view detail) const;

 private:
  [[nodiscard]] asio::awaitable<Response> refuse(const Request& request, Problem problem) const;

  Router router_;
  Route unmatched_;
};

}  // namespace orderflow::http_api
