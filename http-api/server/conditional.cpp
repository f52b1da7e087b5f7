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

// Whether parameters of a media range give it no weight: "not acceptable" (RFC 9110, 12.4.2).
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);
    const auto end = std::min(parameters.find(';'), parameters.size());
    std::string_view weight = trim(parameters.substr(0, end));
    parameters.remove_prefix(end);
    if (!weight.starts_with("q=0") && !weight.starts_with("Q=0")) continue;
    weight.remove_prefix(3);
    return weight.find_first_not_of(".0") == weight.npos;
  }
  return false;
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
  const std::string list = request.header_list("If-None-Match");
  return names_tag(list, etag, TagComparison::kWeak);
}

Preconditions::Preconditions(const Request& request) : if_match_(request.header_list("If-Match")) {
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (!reads) if_none_match_ = request.header_list("If-None-Match");
}

bool Preconditions::fail(std::string_view etag) const {
  return (!if_match_.empty() && !names_tag(if_match_, etag, TagComparison::kStrong)) ||
         names_tag(if_none_match_, etag, TagComparison::kWeak);
}

bool accepts_event_stream(std::string_view accept) {
  while (!accept.empty()) {
    const std::string_view element = take_element(accept);
    const auto end_of_type = std::min(element.find(';'), element.size());
    if (equals_ignoring_case(trim(element.substr(0, end_of_type)), "text/event-stream")) {
      return !is_refused(element.substr(end_of_type));
    }
  }
  return false;
}

}  // namespace orderflow::http_api
