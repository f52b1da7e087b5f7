#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/json_text.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

inline constexpr int kPageLimitDefault = 50;
inline constexpr int kPageLimitMax = 200;

// The query of a list or a single read: every name is known, none comes twice, values are valid
// UTF-8.
class Query {
 public:
  [[nodiscard]] static Checked<Query> parse(const RequestContext& context,
                                            std::initializer_list<std::string_view> known);

  // Empty when the name was not given.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] Checked<std::optional<core::Uuid>> uuid(std::string_view name) const;
  [[nodiscard]] Checked<std::optional<core::Time>> time(std::string_view name) const;
  [[nodiscard]] Checked<std::optional<bool>> boolean(std::string_view name) const;

  // All but `limit` and `page_token`, in order: what a page token belongs to.
  [[nodiscard]] std::string filters() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Which part of a list is wanted: at most `limit` rows whose position comes after `after`. The
// position is 16 bytes: the id of the last row seen, or a number in them.
struct PageRequest {
  int limit = kPageLimitDefault;
  std::optional<core::Uuid> after;
  std::string list;  // what tokens of this list are bound to

  // 400 for a limit out of bounds or a token that is not this list's.
  [[nodiscard]] static Checked<PageRequest> parse(const Query& query, std::string_view list);
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
