#include "http-api/docs/docs.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/http-api/server/request_runner.hpp"

namespace orderflow::http_api {
namespace {

TEST_CASE("documents are one text for all who ask") {
  const Dispatcher docs(docs_routes(), {});
  for (const char* path : {"/openapi.json", "/docs"}) {
    const Response one = run_request(docs, request_to(Method::kGet, path));
    const Response other = run_request(docs, request_to(Method::kGet, path));
    CHECK(one.status == 200);
    CHECK(one.text().size() > 1'000);
    CHECK(one.text().data() == other.text().data());
  }
}

}  // namespace
}  // namespace orderflow::http_api
