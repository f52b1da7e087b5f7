#include "http-api/middleware/idempotency_key.hpp"

#include <algorithm>

#include "core/values/digest.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kKeyBytesMax = 200;
constexpr std::size_t kUsualRequestBytes = 600;

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string hash_of_request(std::string_view path, const core::JsonDocument& body) {
  core::TextBuilder asked(kUsualRequestBytes);
  asked.put(path);
  asked.put('\n');
  core::put_canonical(asked, body.root());
  return core::sha256(asked.view());
}

Checked<std::optional<IdempotencyKey>> read_idempotency_key(const RequestContext& context) {
  const std::string_view key = context.request.header("Idempotency-Key");
  if (!context.request.has_header("Idempotency-Key")) {
    if (context.policy.key != KeyUse::kRequired) return std::nullopt;
    return refuse(bad_request(
        "This needs an Idempotency-Key header, so that a repeated request moves money once."));
  }
  if (key.empty() || key.size() > kKeyBytesMax || !is_visible_ascii(key)) {
    return refuse(bad_request("Idempotency-Key must be 1 to 200 visible ASCII characters."));
  }
  IdempotencyKey out;
  out.scope = std::string(name_of(context.request.method)) + " " + std::string(context.route) +
              " " + context.caller;
  out.key = key;
  out.request_hash = hash_of_request(context.request.path, context.body);
  return out;
}

}  // namespace orderflow::http_api
