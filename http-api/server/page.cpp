#include "http-api/server/page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "core/values/digest.hpp"
#include "http-api/server/body_reader.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kDigestBytes = 8;
constexpr std::size_t kPositionBytes = 16;

std::string seal(std::string_view list, std::string_view position) {
  return sha256("orderflow page 1\n" + std::string(list) + "\n" + std::string(position))
      .substr(0, kDigestBytes);
}

Problem bad_query(std::string_view name, std::string detail) {
  std::vector<FieldError> errors;
  errors.push_back({std::string(name), std::move(detail)});
  return bad_request("The query is wrong; see errors.", std::move(errors));
}

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += kAlphabet[(held >> bits) & 63];
    }
  }
  if (bits > 0) out += kAlphabet[(held << (6 - bits)) & 63];
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = (held << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((held >> bits) & 0xff);
    }
  }
  // Left-over bits are zero, or two spellings would mean the same.
  if (bits >= 6 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
  return out;
}

std::string encode_page_token(std::string_view list, const core::Uuid& position) {
  const std::string bytes(reinterpret_cast<const char*>(position.bytes.data()), kPositionBytes);
  return base64url_encode(bytes + seal(list, bytes));
}

std::optional<core::Uuid> decode_page_token(std::string_view list, std::string_view token) {
  const auto bytes = base64url_decode(token.substr(0, 64));
  if (!bytes || bytes->size() != kPositionBytes + kDigestBytes || token.size() > 64) {
    return std::nullopt;
  }
  const std::string_view position = std::string_view(*bytes).substr(0, kPositionBytes);
  if (bytes->substr(kPositionBytes) != seal(list, position)) return std::nullopt;
  core::Uuid id;
  std::memcpy(id.bytes.data(), position.data(), kPositionBytes);
  return id;
}

Checked<Query> Query::parse(const RequestContext& context,
                            std::initializer_list<std::string_view> known) {
  const auto pairs = parse_query(context.request.query);
  if (!pairs) return refuse(bad_request("The query has a broken % escape."));
  Query query;
  for (const auto& [name, value] : *pairs) {
    if (!is_valid_utf8(name) || !is_valid_utf8(value) || value.find('\0') != std::string::npos) {
      return refuse(bad_request("The query is not valid UTF-8 text."));
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refuse(bad_query(first_bytes(name, 64), "is not a known parameter"));
    }
    if (!query.values_.emplace(name, value).second) {
      return refuse(bad_query(name, "is given twice"));
    }
  }
  return query;
}

std::optional<std::string> Query::text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

Checked<std::optional<core::Uuid>> Query::uuid(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto id = core::Uuid::parse(*value);
  if (!id) return refuse(bad_query(name, "must be a UUID"));
  return id;
}

Checked<std::optional<core::Time>> Query::time(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = core::parse_rfc3339(*value);
  if (!parsed)
    return refuse(bad_query(name, "must be an RFC 3339 time, e.g. 2026-01-31T09:30:00Z"));
  return parsed;
}

Checked<std::optional<bool>> Query::boolean(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  return refuse(bad_query(name, "must be true or false"));
}

std::string Query::filters() const {
  std::string all;
  for (const auto& [name, value] : values_) {
    if (name == "limit" || name == "page_token") continue;
    all.append(name).append("=").append(value).append("\n");
  }
  return all;
}

Checked<PageRequest> PageRequest::parse(const Query& query, std::string_view list) {
  PageRequest page;
  page.list = std::string(list) + "\n" + query.filters();
  if (const auto text = query.text("limit")) {
    const auto [end, error] =
        std::from_chars(text->data(), text->data() + text->size(), page.limit);
    if (error != std::errc{} || end != text->data() + text->size() || page.limit < 1 ||
        page.limit > kPageLimitMax) {
      return refuse(bad_query("limit", "must be from 1 to " + std::to_string(kPageLimitMax)));
    }
  }
  if (const auto token = query.text("page_token")) {
    page.after = decode_page_token(page.list, *token);
    if (!page.after) {
      return refuse(bad_query("page_token", "is not a token of this list with these filters"));
    }
  }
  return page;
}

Response page_response(JsonArray& items, const PageRequest& page,
                       const std::optional<core::Uuid>& position) {
  const std::string list = items.text();
  JsonObject body;
  body.field("items", RawJson{list});
  if (position) {
    body.field("next_page_token", encode_page_token(page.list, *position));
  } else {
    body.field("next_page_token", RawJson{"null"});
  }
  Response response;
  response.body = body.text();
  return response;
}

}  // namespace orderflow::http_api
