#include "http-api/server/router.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

// "/a/b" → {"a", "b"}. A trailing slash makes an empty last segment, which matches nothing.
Router::Segments Router::split(std::string_view path) {
  Segments segments;
  if (path.empty() || path.front() != '/') return segments;
  path.remove_prefix(1);
  while (segments.count <= kSegmentsMax) {
    const auto end = std::min(path.find('/'), path.size());
    segments.items[segments.count++] = path.substr(0, end);
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return segments;
}

std::ptrdiff_t Router::placeholders(const Segments& segments) {
  return std::count_if(segments.items.begin(), segments.items.begin() + segments.count,
                       is_placeholder);
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const Segments segments = split(routes_[i].pattern);
    by_length_[segments.count].push_back({segments, i});
  }
  for (auto& group : by_length_) {
    std::stable_sort(group.begin(), group.end(), [](const Entry& a, const Entry& b) {
      return placeholders(a.segments) < placeholders(b.segments);
    });
  }
}

bool Router::matches(const Segments& pattern, const Segments& path) {
  for (std::size_t i = 0; i < pattern.count; ++i) {
    if (pattern.items[i] == path.items[i]) continue;
    if (!is_placeholder(pattern.items[i]) || path.items[i].empty()) return false;
  }
  return true;
}

Router::Match Router::match(Method method, std::string_view path) const& {
  const Segments segments = split(path);
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match result;
  for (const Entry& entry : by_length_[segments.count]) {
    const Route& route = routes_[entry.index];
    if (route.method != wanted || !matches(entry.segments, segments)) continue;
    result.route = &route;
    for (std::size_t i = 0; i < segments.count; ++i) {
      const std::string_view name = entry.segments.items[i];
      if (is_placeholder(name)) {
        result.params.emplace_back(name.substr(1, name.size() - 2), segments.items[i]);
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
  for (const Entry& entry : by_length_[path.count]) {
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
