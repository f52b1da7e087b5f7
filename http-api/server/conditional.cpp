#include "http-api/server/conditional.hpp"

#include <algorithm>
#include <optional>
#include <vector>

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

bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != '"' && byte != 0x7f;
}

// An entity tag (RFC 9110, 8.8.3).
struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // quotes included
};

// Takes the entity tag off the front, with the blanks behind it.
std::optional<EntityTag> take_tag(std::string_view& list) {
  EntityTag tag;
  std::string_view rest = list;
  tag.weak = rest.starts_with("W/");
  if (tag.weak) rest.remove_prefix(2);
  if (!rest.starts_with('"')) return std::nullopt;
  const auto closing = rest.find('"', 1);
  if (closing == rest.npos) return std::nullopt;
  tag.opaque = rest.substr(0, closing + 1);
  const std::string_view inside = tag.opaque.substr(1, closing - 1);
  if (!std::all_of(inside.begin(), inside.end(), is_tag_character)) return std::nullopt;
  list = trim(rest.substr(closing + 1));
  return tag;
}

// What If-Match or If-None-Match names: views into the header.
struct TagList {
  bool any = false;  // `*`
  std::vector<EntityTag> tags;
};

// Elements may be empty (RFC 9110, 5.6.1.2), a comma within quotes parts none.
std::optional<TagList> parse_tags(std::string_view header) {
  TagList found;
  std::string_view list = trim(header);
  found.any = list == "*";
  if (found.any) return found;
  while (!list.empty()) {
    if (list.front() != ',') {
      const auto tag = take_tag(list);
      if (!tag || (!list.empty() && list.front() != ',')) return std::nullopt;
      found.tags.push_back(*tag);
    }
    list = trim(list.substr(std::min<std::size_t>(1, list.size())));
  }
  if (found.tags.empty()) return std::nullopt;
  return found;
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

bool is_tag_list(std::string_view header) { return parse_tags(header).has_value(); }

bool names_tag(std::string_view header, std::string_view etag, TagComparison comparison) {
  const auto list = parse_tags(header);
  if (!list) return false;
  return list->any || std::any_of(list->tags.begin(), list->tags.end(), [&](const EntityTag& tag) {
           return tag.opaque == etag && (!tag.weak || comparison == TagComparison::kWeak);
         });
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
