#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// A strong entity tag for a version of a resource, quotes included.
[[nodiscard]] std::string etag_of(std::int64_t version);

// Whether the value of If-Match or If-None-Match is `*` or a list of entity tags such as
// `"v1", W/"v2"`. A request with anything else is refused: what names no tag guards nothing.
[[nodiscard]] bool is_tag_list(std::string_view header);

// Whether such a header names this tag; what is no list names none. If-None-Match compares weakly,
// If-Match strongly (RFC 9110, 8.8.3.2).
enum class TagComparison { kWeak, kStrong };
[[nodiscard]] bool names_tag(std::string_view header, std::string_view etag,
                             TagComparison comparison);

// True when a request to read has If-None-Match and it names the tag: answer 304.
[[nodiscard]] bool not_modified(const Request& request, std::string_view etag);

// What a request demands of its resource before it is carried out (RFC 9110, 13.2.2). A value of
// its own, which is compared where the resource is locked.
class Preconditions {
 public:
  Preconditions() = default;
  explicit Preconditions(const Request& request);

  // True when If-Match does not name the tag, or If-None-Match of a request to change does: answer
  // 412.
  [[nodiscard]] bool fail(std::string_view etag) const;

 private:
  std::string if_match_;
  std::string if_none_match_;
};

// Whether Accept asks for server-sent events.
[[nodiscard]] bool accepts_event_stream(std::string_view accept);

}  // namespace orderflow::http_api
