// Page tokens. An input is the name of a list and, on the next line, a token somebody made up.
#include <algorithm>
#include <cstring>

#include "http-api/server/page.hpp"
#include "tests/fuzz/check.hpp"

namespace orderflow::fuzz {
namespace {

void check_made_up(std::string_view list, std::string_view token) {
  const auto position = http_api::decode_page_token(list, token);
  if (!position) return;
  require(http_api::encode_page_token(list, *position) == token, "a token has one spelling", token);
  require(!http_api::decode_page_token(std::string(list) + "x", token),
          "a token belongs to one list", token);
}

void check_own(std::string_view list, std::string_view bytes) {
  core::Uuid position;
  std::memcpy(position.bytes.data(), bytes.data(), std::min<std::size_t>(bytes.size(), 16));
  const std::string token = http_api::encode_page_token(list, position);
  require(http_api::decode_page_token(list, token) == position, "a token reads back", token);
  std::string changed = token;
  char& letter = changed[bytes.size() % changed.size()];
  letter = letter == 'A' ? 'B' : 'A';
  require(!http_api::decode_page_token(list, changed), "a changed token is noticed", changed);
}

void check_base64url(std::string_view text) {
  require(http_api::base64url_decode(http_api::base64url_encode(text)) == text,
          "bytes read back from base64url");
  const auto bytes = http_api::base64url_decode(text);
  require(!bytes || http_api::base64url_encode(*bytes) == text, "bytes have one spelling", text);
}

}  // namespace
}  // namespace orderflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orderflow::fuzz;
  std::string_view rest = text_of(data, size);
  const std::string_view list = take_line(rest);
  check_made_up(list, rest);
  check_own(list, rest);
  check_base64url(rest);
  return 0;
}
