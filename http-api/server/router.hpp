#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// Finds the handler of a path. Immutable once built, so every thread may use it. GET routes answer
// HEAD as well; literal segments win over `{name}`.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null: nothing answers this method
    PathParams params;
    std::string allow;  // when the path is known but not the method: what is allowed
  };
  // A match points into the router, so a temporary one has none.
  [[nodiscard]] Match match(Method method, std::string_view path) const&;
  Match match(Method method, std::string_view path) const&& = delete;

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  // Paths have few segments: no allocation for them.
  static constexpr std::size_t kSegmentsMax = 8;
  struct Segments {
    std::array<std::string_view, kSegmentsMax + 1> items;
    std::size_t count = 0;  // More than kSegmentsMax: too many for any route.
  };
  struct Entry {
    Segments segments;
    std::size_t index;
  };

  [[nodiscard]] static Segments split(std::string_view path);
  [[nodiscard]] static std::ptrdiff_t placeholders(const Segments& segments);
  [[nodiscard]] static bool matches(const Segments& pattern, const Segments& path);
  [[nodiscard]] std::string allowed_methods(const Segments& path) const;

  std::vector<Route> routes_;
  std::array<std::vector<Entry>, kSegmentsMax + 2> by_length_;  // index: number of segments
};

}  // namespace orderflow::http_api
