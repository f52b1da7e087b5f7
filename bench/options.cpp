#include "bench/options.hpp"

#include <algorithm>
#include <boost/url.hpp>
#include <iterator>
#include <map>
#include <utility>

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

struct Described {
  const char* name;
  const char* help;
};
struct Between {
  int least;
  int most;
};

void add_seconds(CLI::App& app, const Described& option, std::chrono::seconds& seconds,
                 const Between& limits) {
  app.add_option_function<int>(
         option.name, [&seconds](int given) { seconds = std::chrono::seconds{given}; }, option.help)
      ->default_str(std::to_string(seconds.count()))
      ->check(CLI::Range(limits.least, limits.most));
}

std::string problem_of_url(const std::string& url) {
  return parse_url(url) ? "" : "'" + url + "' must look like http://127.0.0.1:8080";
}

}  // namespace

std::string_view name_of(Scenario scenario) {
  const auto found = std::find_if(std::begin(kScenarios), std::end(kScenarios),
                                  [&](const auto& entry) { return entry.first == scenario; });
  return found == std::end(kScenarios) ? "" : found->second;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("scenario", options.scenario,
                 "sagas (default), latency, accept, read, growth, overload, failures or recovery")
      ->transform(CLI::CheckedTransformer(scenarios_by_name()).description(""));
  app.add_option("--clients", options.clients, "orders in flight")
      ->capture_default_str()
      ->check(CLI::Range(1, 20'000));
  add_seconds(app, {"--seconds", "length of the measured window"}, options.measured, {1, 86'400});
  add_seconds(app, {"--warm-up", "seconds of load before the window"}, options.warm_up, {0, 3'600});
  add_seconds(app, {"--deadline", "seconds an order may still take after the load"},
              options.deadline, {1, 3'600});
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
  app.add_option("--url", options.url, "a running instance, e.g. http://127.0.0.1:8080")
      ->check(&problem_of_url);
  app.add_option("--json", options.json_file, "file that gets the figures as JSON");
  app.add_flag("--no-audit{false}", options.audit, "leave out the audit at the end");
  app.add_flag("--check", options.check_only, "only check these arguments");
  app.add_subcommand("figures", "print the figures of such a file, a line a phase")
      ->add_option("FILE", options.figures_file)
      ->required();
}

std::optional<HttpAddress> parse_url(std::string_view text) {
  const auto url = boost::urls::parse_uri(text);
  const bool plain = url && url->scheme_id() == boost::urls::scheme::http && !url->has_userinfo() &&
                     !url->has_query() && !url->has_fragment() && !url->host().empty() &&
                     (url->path().empty() || url->path() == "/");
  if (!plain || (url->has_port() && url->port_number() == 0)) return std::nullopt;
  return HttpAddress{url->host_address(), url->has_port() ? std::string(url->port()) : "80"};
}

}  // namespace orderflow::bench
