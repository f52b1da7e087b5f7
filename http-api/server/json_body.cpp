#include "http-api/server/json_body.hpp"

namespace orderflow::http_api {
namespace {

using core::JsonDocument;
using core::JsonFault;

// Deeper than any body of ours.
constexpr std::size_t kLevelsMax = 16;
// The most that --http-body-limit lets in.
constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

bool is_json_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  constexpr std::string_view kSuffix = "+json";
  return equals_ignoring_case(type, "application/json") ||
         (type.size() > kSuffix.size() &&
          equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix));
}

}  // namespace

Checked<JsonDocument> parse_json_body(const Request& request, BodyUse use) {
  thread_local core::JsonParser parser(kBodyBytesMax, kLevelsMax);
  const std::string_view coding = request.header("Content-Encoding");
  if (!coding.empty() && !equals_ignoring_case(coding, "identity")) {
    return refuse({415, "body_is_encoded", "The body must not be compressed; send it as it is."});
  }
  std::string_view text = request.body;
  if (text.find_first_not_of(" \t\r\n") == text.npos && use == BodyUse::kOptionalJson) {
    text = "{}";
  } else if (!is_json_type(request.header("Content-Type"))) {
    return refuse({415, "not_json", "The body must be JSON; send Content-Type: application/json."});
  }
  JsonDocument body;
  const auto value = parser.parse(text, body);
  if (value) return body;
  if (value.error() == JsonFault::kTooDeep) {
    return refuse(bad_request("The body is nested too deeply."));
  }
  return refuse(bad_request(
      "The body is not readable JSON (UTF-8, numbers within 64 bits, no trailing text)."));
}

}  // namespace orderflow::http_api
