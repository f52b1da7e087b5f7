#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// One line of the routing table. `{name}` matches one whole path segment.
struct Route {
  Method method;
  std::string pattern;
  Handler handler;
};

// Finds the handler of a path. Immutable once built, so every thread may use it. GET routes answer
// HEAD as well; literal segments win over `{name}`.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null: nothing answers this method
    std::size_t index = 0;         // of the route in routes()
    PathParams params;
    std::string allow;  // when the path is known but not the method: what is allowed
  };
  // A match points into the router, so a temporary one has none.
  [[nodiscard]] Match match(Method method, std::string_view path) const&;
  Match match(Method method, std::string_view path) const&& = delete;

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  using Segments = std::vector<std::string_view>;
  struct Entry {
    Segments segments;
    std::size_t index;
  };

  [[nodiscard]] static bool matches(const Segments& pattern, const Segments& path);
  [[nodiscard]] std::string allowed_methods(const Segments& path) const;

  std::vector<Route> routes_;
  std::vector<std::vector<Entry>> by_length_;  // index: number of segments
};

}  // namespace orderflow::http_api
