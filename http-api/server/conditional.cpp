#include "http-api/server/conditional.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next element of a comma-separated list off the front.
std::string_view take_element(std::string_view& list) {
  const auto comma = std::min(list.find(','), list.size());
  const std::string_view element = trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return element;
}

}  // namespace

std::string etag_of(std::int64_t version) { return "\"v" + std::to_string(version) + "\""; }

bool names_tag(std::string_view header, std::string_view etag, TagComparison comparison) {
  if (trim(header) == "*") return true;
  while (!header.empty()) {
    std::string_view element = take_element(header);
    if (comparison == TagComparison::kWeak && element.starts_with("W/")) element.remove_prefix(2);
    if (element == etag) return true;
  }
  return false;
}

bool not_modified(const Request& request, std::string_view etag) {
  const std::string_view header = request.header("If-None-Match");
  return !header.empty() && names_tag(header, etag, TagComparison::kWeak);
}

bool precondition_fails(const Request& request, std::string_view etag) {
  const std::string_view header = request.header("If-Match");
  return !header.empty() && !names_tag(header, etag, TagComparison::kStrong);
}

bool accepts_event_stream(std::string_view accept) {
  while (!accept.empty()) {
    const std::string_view element = take_element(accept);
    if (equals_ignoring_case(trim(element.substr(0, element.find(';'))), "text/event-stream")) {
      return true;
    }
  }
  return false;
}

}  // namespace orderflow::http_api
