#include "http-api/middleware/idempotency_key.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/values/digest.hpp"

namespace orderflow::http_api {
namespace {

core::JsonDocument document(std::string_view text) {
  core::JsonParser parser(1'000, 10);
  core::JsonDocument document;
  REQUIRE(parser.parse(text, document));
  return document;
}

TEST_CASE("the hash sees what is asked, not how it is spelled") {
  const auto body = document(R"({"a": 1, "b": {"d": 2, "c": [1, 2]}})");
  const auto same = document(R"({"b":{"c":[1,2],"d":2},"a":1})");
  const auto other = document(R"({"b":{"c":[2,1],"d":2},"a":1})");
  CHECK(hash_of_request("/orders", body) == hash_of_request("/orders", same));
  CHECK(hash_of_request("/orders", body) != hash_of_request("/orders", other));
  // As it was when keys that are still kept were written.
  CHECK(core::to_hex(hash_of_request("/orders", body)) ==
        core::to_hex(core::sha256("/orders\n"
                                  R"({"a":1,"b":{"c":[1,2],"d":2}})")));
  CHECK(hash_of_request("/orders/1/cancel", body) != hash_of_request("/orders/2/cancel", body));
}

Checked<std::optional<IdempotencyKey>> read(std::optional<std::string_view> key, KeyUse use) {
  Request request;
  request.method = Method::kPost;
  request.path = "/refunds";
  if (key) request.headers = {{"Idempotency-Key", *key}};
  const Policy policy{.key = use};
  RequestContext context{request, "/refunds", policy};
  context.body = document("{}");
  return read_idempotency_key(context);
}

TEST_CASE("a key is 1 to 200 visible ASCII characters, and may be required") {
  CHECK_FALSE(read(std::nullopt, KeyUse::kOptional)->has_value());
  CHECK(read(std::nullopt, KeyUse::kRequired).error().status == 400);
  CHECK(read("", KeyUse::kOptional).error().status == 400);
  CHECK(read("with space", KeyUse::kOptional).error().status == 400);
  CHECK(read("\xc3\xbc", KeyUse::kOptional).error().status == 400);
  CHECK(read(std::string(201, 'k'), KeyUse::kOptional).error().status == 400);
  const auto key = read(std::string(200, 'k'), KeyUse::kRequired);
  REQUIRE(key);
  REQUIRE(key->has_value());
  CHECK((*key)->scope == "POST /refunds anonymous");
  CHECK((*key)->request_hash.size() == 32);
}

}  // namespace
}  // namespace orderflow::http_api
