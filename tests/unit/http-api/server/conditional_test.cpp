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

TEST_CASE("a list of entity tags is told from what is none") {
  for (const char* list : {"*", " * ", R"("v1")", R"(W/"v1")", R"("")", R"("v1","v2")",
                           R"("v1" , W/"v2")", R"(, "v1",,)", "\"\xc3\xa4\""}) {
    INFO(list);
    CHECK(is_tag_list(list));
  }
  for (const char* none : {"", " \t ", ",", "v1", R"("v1)", R"(v1")", R"("v999",*)", R"(*,"v1")",
                           "*,*", R"("v1" "v2")", R"("v1"x)", R"("v1",v2)", R"(w/"v1")", R"(W/v1)",
                           R"(W/ "v1")", R"("v 1")", "\"v\t1\"", "\"v\x7f\""}) {
    INFO(none);
    CHECK_FALSE(is_tag_list(none));
  }
  // A comma within quotes belongs to its tag.
  CHECK(names_tag(R"("a,b", "v3")", "\"v3\"", TagComparison::kStrong));
  CHECK(names_tag(R"("a,b")", "\"a,b\"", TagComparison::kStrong));
}

TEST_CASE("conditions hold only when they are given") {
  CHECK_FALSE(not_modified(Request{}, "\"v1\""));
  CHECK(not_modified(with_header("if-none-match", "\"v1\""), "\"v1\""));
  const auto fails = [](const Request& request) { return Preconditions(request).fail("\"v1\""); };
  CHECK_FALSE(fails(Request{}));
  CHECK(fails(with_header("If-Match", "\"v2\"")));
  CHECK(fails(with_header("If-Match", ",")));
  CHECK_FALSE(fails(with_header("If-Match", "\"v1\"")));
  CHECK_FALSE(fails(with_header("If-Match", "*")));
}

TEST_CASE("If-None-Match keeps a reader from what it has, and a writer from what is there") {
  Request request = with_header("If-None-Match", "*");
  request.method = Method::kGet;
  CHECK(not_modified(request, "\"v1\""));
  CHECK_FALSE(Preconditions(request).fail("\"v1\""));
  request.method = Method::kPut;
  CHECK(Preconditions(request).fail("\"v1\""));
  request.headers = {{"If-None-Match", "\"v2\""}};
  CHECK_FALSE(Preconditions(request).fail("\"v1\""));
}

TEST_CASE("the lines of a list header are one list") {
  Request request;
  request.headers = {{"If-Match", "\"v2\""}, {"Accept", "*/*"}, {"if-match", "\"v1\""}};
  CHECK(request.header_list("If-Match") == "\"v2\", \"v1\"");
  CHECK_FALSE(Preconditions(request).fail("\"v1\""));
  CHECK(Preconditions(request).fail("\"v3\""));
}

TEST_CASE("Accept asks for an event stream by name") {
  CHECK(accepts_event_stream("text/event-stream"));
  CHECK(accepts_event_stream("application/json, Text/Event-Stream;q=0.9"));
  CHECK_FALSE(accepts_event_stream("*/*"));
  CHECK_FALSE(accepts_event_stream("text/event-streams"));
  CHECK_FALSE(accepts_event_stream(""));
  CHECK_FALSE(accepts_event_stream("text/event-stream;q=0"));
  CHECK_FALSE(accepts_event_stream("text/event-stream ; q=0.000"));
  CHECK(accepts_event_stream("text/event-stream;charset=utf-8;q=0.001"));
}

}  // namespace
}  // namespace orderflow::http_api
