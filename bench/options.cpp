#include "bench/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <map>
#include <regex>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::bench {
namespace {

constexpr std::pair<Scenario, const char*> kScenarios[] = {
    {Scenario::kSagas, "sagas"},       {Scenario::kLatency, "latency"},
    {Scenario::kAccept, "accept"},     {Scenario::kRead, "read"},
    {Scenario::kGrowth, "growth"},     {Scenario::kOverload, "overload"},
    {Scenario::kFailures, "failures"}, {Scenario::kRecovery, "recovery"},
};

std::map<std::string, Scenario> scenarios_by_name() {
  std::map<std::string, Scenario> names;
  for (const auto& [scenario, name] : kScenarios) names.emplace(name, scenario);
  return names;
}

}  // namespace

std::string_view name_of(Scenario scenario) {
  const auto found = std::find_if(std::begin(kScenarios), std::end(kScenarios),
                                  [&](const auto& entry) { return entry.first == scenario; });
  return found == std::end(kScenarios) ? "" : found->second;
}

Options parse_options(std::span<const std::string> args) {
  Options options;
  int measured = static_cast<int>(options.measured.count());
  int warm_up = static_cast<int>(options.warm_up.count());
  int deadline = static_cast<int>(options.deadline.count());
  CLI::App app{"Places orders and measures what complete sagas cost; see bench/README.md.",
               "orderflow bench"};
  app.add_option("scenario", options.scenario,
                 "sagas (default), latency, accept, read, growth, overload, failures or recovery")
      ->transform(CLI::CheckedTransformer(scenarios_by_name()).description(""));
  app.add_option("--clients", options.clients, "orders in flight")
      ->capture_default_str()
      ->check(CLI::Range(1, 20'000));
  app.add_option("--seconds", measured, "length of the measured window")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  app.add_option("--warm-up", warm_up, "seconds of load before the window")
      ->capture_default_str()
      ->check(CLI::Range(0, 3'600));
  app.add_option("--deadline", deadline, "seconds an order may still take after the load")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'600));
  app.add_option("--accounts", options.accounts, "paying accounts the orders are spread over")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--levels", options.levels,
                 "sagas: further numbers of orders in flight, e.g. 256,64,16,1; 64 and 1 otherwise")
      ->delimiter(',')
      ->check(CLI::Range(1, 20'000));
  app.add_option("--rate", options.rate,
                 "latency, overload: orders a second; half and twice of what a closed loop reached "
                 "otherwise")
      ->check(CLI::Range(0.1, 1e6));
  app.add_option("--history", options.history, "growth: finished orders in the tables")
      ->capture_default_str()
      ->check(CLI::Range(1'000, 1'000'000'000));
  app.add_option("--url", options.url, "a running instance, e.g. http://127.0.0.1:8080");
  app.add_option("--json", options.json_file, "file that gets the figures as JSON");
  app.add_flag("--no-audit{false}", options.audit, "leave out the audit at the end");
  app.add_flag("--check", options.check_only, "only check these arguments");

  std::vector<std::string> reversed(args.rbegin(), args.rend());  // CLI11 takes them from the back.
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    options.help = app.help();
  } catch (const CLI::ParseError& problem) {
    throw core::BadConfiguration("bench: " + std::string(problem.what()) +
                                 "; ./orderflow bench --help lists what it knows");
  }
  options.measured = std::chrono::seconds{measured};
  options.warm_up = std::chrono::seconds{warm_up};
  options.deadline = std::chrono::seconds{deadline};
  if (!options.url.empty()) (void)parse_url(options.url);
  return options;
}

HttpAddress parse_url(const std::string& url) {
  static const std::regex form(R"(http://([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?)");
  std::smatch match;
  if (!std::regex_match(url, match, form)) {
    throw core::BadConfiguration("bench: --url is '" + url +
                                 "'; it must look like http://127.0.0.1:8080");
  }
  return {match[1], match[2].matched ? match[2].str() : "80"};
}

}  // namespace orderflow::bench
