#include "http-api/server/query_reader.hpp"

#include <simdjson.h>

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

struct Filter {
  std::optional<core::Uuid> user_id;
  std::optional<std::string> status;
  std::optional<core::Time> from;
  std::optional<bool> open;
  std::chrono::seconds wait{0};
  PageRequest page;

  static Filter read(QueryReader& query) {
    Filter filter;
    filter.user_id = query.uuid("user_id");
    filter.status = query.text("status");
    filter.from = query.time("from");
    filter.open = query.boolean("open");
    filter.wait = query.wait(30s);
    filter.page = query.page();
    return filter;
  }
};

Checked<Filter> parse(std::string_view query, std::string_view path = "/orders") {
  Request request;
  request.path = path;
  request.query = query;
  const Policy policy;
  return read_query<Filter>(RequestContext{request, "/orders", policy});
}

TEST_CASE("a token belongs to the list and the filters it was given for") {
  const auto first = parse("status=PAID&open=true");
  REQUIRE(first);
  const std::string token = encode_page_token(first->page.list, core::new_uuid_v7());
  CHECK(parse("status=PAID&open=true&limit=7&page_token=" + token));
  CHECK(parse("open=true&status=PAID&page_token=" + token));
  CHECK_FALSE(parse("status=DRAFT&open=true&page_token=" + token));
  CHECK_FALSE(parse("status=PAID&page_token=" + token));
  CHECK_FALSE(parse("status=PAID&open=true&page_token=" + token, "/users/1/orders"));
}

TEST_CASE("limits are from 1 to 200, 50 by default") {
  CHECK(parse("")->page.limit == 50);
  CHECK(parse("limit=200")->page.limit == 200);
  for (const char* query :
       {"limit=0", "limit=201", "limit=-1", "limit=many", "limit=", "limit=1x"}) {
    INFO(query);
    const auto filter = parse(query);
    REQUIRE_FALSE(filter);
    CHECK(filter.error().status == 400);
    CHECK(filter.error().errors.at(0).pointer == "limit");
  }
}

TEST_CASE("a query is known names once each, readable") {
  CHECK(parse("status=a%20b+c")->status == "a b c");
  CHECK_FALSE(parse("nonsense=1"));
  CHECK_FALSE(parse("limit=1&limit=2"));
  CHECK_FALSE(parse("status=%zz"));
  CHECK_FALSE(parse("status=%ff"));
  CHECK_FALSE(parse("status=%00"));
}

TEST_CASE("all that is wrong with a query is told at once") {
  const auto filter = parse("user_id=alice&from=yesterday&nonsense=1");
  REQUIRE_FALSE(filter);
  CHECK(filter.error().errors.size() == 3);
}

TEST_CASE("an answer does not grow with the query") {
  std::string names = "limit=1";
  for (int i = 0; i < 31; ++i) names += "&name" + std::to_string(i);
  const auto unknown = parse(names);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().errors.size() == kFieldErrorsMax);
  const auto too_many = parse(names + "&one_more");
  REQUIRE_FALSE(too_many);
  CHECK(too_many.error().status == 400);
  CHECK(too_many.error().errors.empty());
}

TEST_CASE("a long unknown name is told in whole characters") {
  for (const char* first : {"a", "aa"}) {
    std::string name = first;
    for (int i = 0; i < 100; ++i) name += "%C3%A4";
    const auto filter = parse(name + "=1");
    REQUIRE_FALSE(filter);
    const std::string& told = filter.error().errors.at(0).pointer;
    CHECK(simdjson::validate_utf8(told));
    CHECK(told.size() < 100);
  }
}

TEST_CASE("values of a query are typed") {
  CHECK_FALSE(parse("user_id=alice"));
  CHECK(parse("")->user_id == std::nullopt);
  CHECK_FALSE(parse("from=yesterday"));
  CHECK(parse("from=2026-01-31T09:30:00Z")->from);
  CHECK(parse("open=true")->open == true);
  CHECK_FALSE(parse("open=yes"));
}

TEST_CASE("a wait is whole seconds up to its maximum") {
  CHECK(parse("wait=0")->wait == 0s);
  CHECK(parse("wait=30")->wait == 30s);
  for (const char* text : {"31", "-1", "1.5", "x", "", "1s", "99999999999"}) {
    INFO(text);
    CHECK_FALSE(parse(std::string("wait=") + text));
  }
}

}  // namespace
}  // namespace orderflow::http_api
