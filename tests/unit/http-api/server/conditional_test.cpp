#include "http-api/server/conditional.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

Request with_header(std::string_view name, std::string_view value) {
  Request request;
  request.headers = {{name, value}};
  return request;
}

TEST_CASE("tags are compared one by one, strongly or weakly") {
  CHECK(etag_of(3) == "\"v3\"");
  CHECK(names_tag("\"v3\"", "\"v3\"", TagComparison::kStrong));
  CHECK(names_tag("\"v1\" , \"v3\"", "\"v3\"", TagComparison::kStrong));
  CHECK(names_tag(" * ", "\"v3\"", TagComparison::kStrong));
  CHECK_FALSE(names_tag("\"v33\"", "\"v3\"", TagComparison::kStrong));
  CHECK_FALSE(names_tag("W/\"v3\"", "\"v3\"", TagComparison::kStrong));
  CHECK(names_tag("W/\"v3\"", "\"v3\"", TagComparison::kWeak));
  CHECK_FALSE(names_tag(",,", "\"v3\"", TagComparison::kWeak));
}

TEST_CASE("conditions hold only when they are given") {
  CHECK_FALSE(not_modified(Request{}, "\"v1\""));
  CHECK(not_modified(with_header("if-none-match", "\"v1\""), "\"v1\""));
  CHECK_FALSE(precondition_fails(Request{}, "\"v1\""));
  CHECK(precondition_fails(with_header("If-Match", "\"v2\""), "\"v1\""));
  CHECK_FALSE(precondition_fails(with_header("If-Match", "\"v1\""), "\"v1\""));
}

TEST_CASE("Accept asks for an event stream by name") {
  CHECK(accepts_event_stream("text/event-stream"));
  CHECK(accepts_event_stream("application/json, Text/Event-Stream;q=0.9"));
  CHECK_FALSE(accepts_event_stream("*/*"));
  CHECK_FALSE(accepts_event_stream("text/event-streams"));
  CHECK_FALSE(accepts_event_stream(""));
}

}  // namespace
}  // namespace orderflow::http_api
