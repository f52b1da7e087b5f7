#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/values/uuid.hpp"
#include "http-api/server/http.hpp"

namespace orderflow::http_api {

inline constexpr int kPageLimitDefault = 50;
inline constexpr int kPageLimitMax = 200;
// Of the items of a page. What a client may ask for must not be what the server can hold.
inline constexpr std::size_t kPageBytesMax = std::size_t{1} << 20U;

// Which page of a list is wanted: at most `limit` rows whose position comes after `after`. The
// position is 16 bytes: the id of the last row seen, or a number in them. QueryReader::page() makes
// it.
struct PageRequest {
  int limit = kPageLimitDefault;
  std::optional<core::Uuid> after;
  std::string list;  // what tokens of this list are bound to: its path and filters
};

// Tokens are opaque to clients: base64url of the position and a digest that binds it to its list
// and filters, so that a changed or misplaced token is noticed.
[[nodiscard]] std::string encode_page_token(std::string_view list, const core::Uuid& position);
[[nodiscard]] std::optional<core::Uuid> decode_page_token(std::string_view list,
                                                          std::string_view token);

[[nodiscard]] std::string base64url_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

// {"items": [...], "next_page_token": ...}: `position` of the last item when there is more.
[[nodiscard]] Response page_response(JsonArray& items, const PageRequest& page,
                                     const std::optional<core::Uuid>& position);

}  // namespace orderflow::http_api
