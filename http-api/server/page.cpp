#include "http-api/server/page.hpp"

#include <cstring>

#include "core/values/digest.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kDigestBytes = 8;
constexpr std::size_t kPositionBytes = 16;

std::string seal(std::string_view list, std::string_view position) {
  return core::sha256("orderflow page 1\n" + std::string(list) + "\n" + std::string(position))
      .substr(0, kDigestBytes);
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
