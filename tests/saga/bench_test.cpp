#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/system.hpp"

// The benchmark's scenarios, for a few seconds each: that they count what happened, not how fast it
// was. A benchmark fails when nothing completed within its window, so on a slow machine the window
// grows until something did.
namespace orderflow::testing {
namespace {

using nlohmann::json;

class Bench {
 public:
  // The figures; null when the window was too short for this machine.
  [[nodiscard]] json run(std::vector<std::string> arguments, int seconds,
                         const Environment& settings = {}) {
    const auto file = folder_.path() / "figures.json";
    arguments.insert(arguments.begin(), "bench");
    const std::vector<std::string> more = {"--seconds=" + std::to_string(seconds), "--clients=8",
                                           "--accounts=8", "--json=" + file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = system_.run(arguments, settings, Millis{120'000});
    INFO(result.output);
    json figures = json::parse(read_text(file));
    if (seconds < kSecondsMax && result.exit_code == 1 && nothing_completed(figures)) return {};
    REQUIRE(result.exit_code == 0);
    return figures;
  }
  [[nodiscard]] json run_against_url(std::vector<std::string> arguments) {
    arguments.emplace_back("--url=http://127.0.0.1:" + std::to_string(system_.http().port()));
    arguments.emplace_back("--warm-up=0");
    arguments.emplace_back("--no-audit");  // The test ends with one.
    json figures;
    for (int seconds = 1; figures.is_null(); seconds *= 4) {
      before_ = orders();
      figures = run(arguments, seconds);
    }
    return figures;
  }
  static constexpr int kSecondsMax = 16;
  System& system() { return system_; }
  [[nodiscard]] std::int64_t orders() const {
    return system_.database().number("SELECT count(*) FROM orders.orders");
  }
  // Those placed by the last benchmark.
  [[nodiscard]] std::int64_t placed() const { return orders() - before_; }

 private:
  static bool nothing_completed(const json& figures) {
    return std::ranges::any_of(figures.at("phases"),
                               [](const json& phase) { return phase.at("per_second") == 0; });
  }

  TemporaryFolder folder_{"bench"};
  System system_{{.name = "bench"}};
  std::int64_t before_ = 0;
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
    CHECK(bench.placed() == accepted(figures));
    CHECK(ended(figures) == accepted(figures));
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
}

TEST_CASE("growth measures before and after a history that it writes", "[own]") {
  const Environment own{{"ORDERFLOW_BENCH_OWN_INSTANCE", "yes"}};
  json figures;
  for (int seconds = 1; figures.is_null(); seconds *= 4) {
    Bench bench;  // The history can be written once.
    figures = bench.run({"growth", "--history=2500", "--warm-up=0"}, seconds, own);
    if (figures.is_null()) continue;
    CHECK(figures.at("audit") == "clean");
    CHECK(bench.orders() == accepted(figures) + 3000);
  }
}

}  // namespace
}  // namespace orderflow::testing
