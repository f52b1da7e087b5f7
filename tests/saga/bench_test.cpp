#include <catch2/catch_test_macros.hpp>

#include "tests/support/system.hpp"

// The benchmark's scenarios, for a second each: that they count what happened, not how fast it was.
namespace orderflow::testing {
namespace {

using nlohmann::json;

class Bench {
 public:
  [[nodiscard]] json run(std::vector<std::string> arguments, const Environment& settings = {}) {
    const auto file = folder_.path() / "figures.json";
    arguments.insert(arguments.begin(), "bench");
    const std::vector<std::string> more = {"--seconds=1", "--clients=8", "--accounts=8",
                                           "--json=" + file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = system_.run(arguments, settings, Millis{120'000});
    INFO(result.output);
    REQUIRE(result.exit_code == 0);
    return json::parse(read_text(file));
  }
  [[nodiscard]] json run_against_url(std::vector<std::string> arguments) {
    arguments.emplace_back("--url=http://127.0.0.1:" + std::to_string(system_.http().port()));
    arguments.emplace_back("--warm-up=0");
    arguments.emplace_back("--no-audit");  // The test ends with one.
    return run(std::move(arguments));
  }
  System& system() { return system_; }
  [[nodiscard]] std::int64_t orders() const {
    return system_.database().number("SELECT count(*) FROM orders.orders");
  }

 private:
  TemporaryFolder folder_{"bench"};
  System system_{{.name = "bench"}};
};

// In all phases and before them.
std::int64_t accepted(const json& figures) {
  auto count = figures.at("first_orders").get<std::int64_t>();
  for (const auto& phase : figures.at("phases")) {
    if (phase.contains("answers")) count += phase.at("answers").value("202", 0);
  }
  return count;
}

std::int64_t ended(const json& figures) {
  auto count = figures.at("first_orders").get<std::int64_t>();
  for (const auto& phase : figures.at("phases")) {
    if (!phase.contains("endings")) continue;
    for (const auto& [ending, orders] : phase.at("endings").items()) count += orders.get<int>();
  }
  return count;
}

const json& last_phase(const json& figures) { return figures.at("phases").back(); }

TEST_CASE("each scenario of the benchmark counts the orders it places, and their ends", "[own]") {
  Bench bench;
  std::int64_t before = 0;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"sagas", "--levels=2"},
                                             {"latency", "--rate=40"},
                                             {"accept"},
                                             {"read"},
                                             {"overload", "--rate=200"}}) {
    INFO(arguments.front());
    const json figures = bench.run_against_url(arguments);
    CHECK(figures.at("scenario") == arguments.front());
    CHECK(last_phase(figures).at("per_second") > 0);
    CHECK(bench.orders() - before == accepted(figures));
    CHECK(ended(figures) == accepted(figures));
    before = bench.orders();
  }
  bench.system().conclude();
}

TEST_CASE("a benchmark that writes or kills wants an instance of its own", "[own]") {
  Bench bench;
  for (const std::string scenario : {"growth", "recovery"}) {
    const auto refused = bench.system().run({"bench", scenario});
    INFO(refused.output);
    CHECK(refused.exit_code == 2);
    CHECK(refused.output.find("an instance of its own") != std::string::npos);
  }
  CHECK(bench.orders() == 0);

  const Environment own{{"ORDERFLOW_BENCH_OWN_INSTANCE", "yes"}};
  const json figures = bench.run({"growth", "--history=2500", "--warm-up=0"}, own);
  CHECK(figures.at("audit") == "clean");
  CHECK(bench.orders() == accepted(figures) + 3000);
}

}  // namespace
}  // namespace orderflow::testing
