#include "http-api/server/router.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

constexpr std::size_t kSegmentsMax = 8;

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// "/a/b" → {"a", "b"}. A trailing slash makes an empty last segment, which matches nothing.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.empty() || path.front() != '/') return segments;
  path.remove_prefix(1);
  while (segments.size() <= kSegmentsMax) {
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return segments;
}

std::ptrdiff_t placeholders(const std::vector<std::string_view>& segments) {
  return std::count_if(segments.begin(), segments.end(), is_placeholder);
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  by_length_.resize(kSegmentsMax + 2);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    Segments segments = split(routes_[i].pattern);
    auto& group = by_length_[segments.size()];
    group.push_back({std::move(segments), i});
  }
  for (auto& group : by_length_) {
    std::stable_sort(group.begin(), group.end(), [](const Entry& a, const Entry& b) {
      return placeholders(a.segments) < placeholders(b.segments);
    });
  }
}

bool Router::matches(const Segments& pattern, const Segments& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != path[i] && (!is_placeholder(pattern[i]) || path[i].empty())) return false;
  }
  return true;
}

Router::Match Router::match(Method method, std::string_view path) const& {
  const Segments segments = split(path);
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match result;
  for (const Entry& entry : by_length_[segments.size()]) {
    const Route& route = routes_[entry.index];
    if (route.method != wanted || !matches(entry.segments, segments)) continue;
    result.route = &route;
    result.index = entry.index;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const std::string_view name = entry.segments[i];
      if (is_placeholder(name)) {
        result.params.emplace_back(name.substr(1, name.size() - 2), segments[i]);
      }
    }
    return result;
  }
  result.allow = allowed_methods(segments);
  return result;
}

std::string Router::allowed_methods(const Segments& path) const {
  std::vector<std::string_view> names;
  const auto add = [&names](std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Entry& entry : by_length_[path.size()]) {
    if (!matches(entry.segments, path)) continue;
    const Method method = routes_[entry.index].method;
    add(name_of(method));
    if (method == Method::kGet) add("HEAD");
  }
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace orderflow::http_api
