#include "bench/options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <vector>

#include "core/settings/arguments.hpp"
#include "core/values/failure.hpp"

using orderflow::bench::parse_url;
using orderflow::bench::Scenario;
using orderflow::core::BadConfiguration;
using orderflow::core::parse_arguments;

namespace {

orderflow::bench::Options parse(const std::vector<std::string>& args) {
  orderflow::bench::Options options;
  CLI::App app("", "orderflow bench");
  add_options(app, options);
  const bool parsed = parse_arguments(app, args);
  REQUIRE(parsed);
  return options;
}

}  // namespace

TEST_CASE("no arguments mean the defaults of the help text") {
  const auto options = parse({});
  CHECK(options.clients == 64);
  CHECK(options.measured.count() == 20);
  CHECK(options.url.empty());
  CHECK(options.audit);
  CHECK(options.figures_file.empty());
}

TEST_CASE("arguments are understood in both spellings") {
  const auto options = parse({"--clients", "256", "--seconds=5", "--warm-up", "0", "--no-audit",
                              "--json", "out.json", "--url=http://127.0.0.1:9000"});
  CHECK(options.clients == 256);
  CHECK(options.measured.count() == 5);
  CHECK(options.warm_up.count() == 0);
  CHECK_FALSE(options.audit);
  CHECK(options.json_file == "out.json");
  CHECK(options.url == "http://127.0.0.1:9000");
}

TEST_CASE("a scenario is named first, and sagas is what nobody needs to name") {
  CHECK(parse({}).scenario == Scenario::kSagas);
  CHECK(parse({"overload", "--rate", "4000"}).scenario == Scenario::kOverload);
  CHECK(parse({"overload", "--rate", "4000"}).rate == 4000);
  CHECK(parse({"sagas", "--levels", "256,64,16"}).levels == std::vector<int>{256, 64, 16});
  CHECK(orderflow::bench::name_of(parse({"recovery"}).scenario) == "recovery");
}

TEST_CASE("bad arguments are refused with one line that names them") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(parse({"--clients", "0"}), ContainsSubstring("--clients"));
  CHECK_THROWS_WITH(parse({"--seconds", "soon"}), ContainsSubstring("--seconds"));
  CHECK_THROWS_WITH(parse({"--sceonds", "3"}), ContainsSubstring("--sceonds"));
  CHECK_THROWS_WITH(parse({"now"}), ContainsSubstring("now"));
  CHECK_THROWS_WITH(parse({"--levels", "64,none"}), ContainsSubstring("none"));
  CHECK_THROWS_WITH(parse({"--url", "ftp://x"}), ContainsSubstring("ftp://x"));
  CHECK_THROWS_AS(parse({"--clients"}), BadConfiguration);
  try {
    (void)parse({"--clients", "-1"});
    FAIL("it was accepted");
  } catch (const BadConfiguration& problem) {
    CHECK(std::string(problem.what()).find('\n') == std::string::npos);
  }
}

TEST_CASE("the figures of a report are another command") {
  CHECK(parse({"figures", "run.json"}).figures_file == "run.json");
  CHECK_THROWS_AS(parse({"figures"}), BadConfiguration);
}

TEST_CASE("an instance's URL is host and port") {
  CHECK(parse_url("http://127.0.0.1:8080")->port == "8080");
  CHECK(parse_url("http://127.0.0.1:8080/")->host == "127.0.0.1");
  CHECK(parse_url("http://[::1]:8080")->host == "::1");
  CHECK(parse_url("http://orders.example")->port == "80");
  for (const char* url : {"", "127.0.0.1:8080", "https://127.0.0.1", "http://a:b", "http://a/b",
                          "http://a:0", "http://a:70000", "http://u@a", "http://a?b", "http://"}) {
    INFO(url);
    CHECK_FALSE(parse_url(url));
  }
}
