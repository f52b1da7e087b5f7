#include "bench/peers/closed_loop.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "core/settings/arguments.hpp"
#include "core/values/failure.hpp"

namespace orderflow::peers {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A peer that is down must not be asked in a tight loop.
constexpr auto kPauseAfterFailure = 100ms;
// As many as the largest level that makes sense for a thread each.
constexpr int kClientsMax = 9'999;

struct Window {
  Clock::time_point begin;
  Clock::time_point end;
};

// What one client saw; its own until its thread has ended.
struct Observed {
  std::vector<core::Duration> latencies;
  std::int64_t failed = 0;
  std::string first_error;
};

void keep_running(const Client& run_saga, Window window, Observed& observed) {
  for (auto start = Clock::now(); start < window.end; start = Clock::now()) {
    try {
      run_saga();
    } catch (const std::exception& failure) {
      if (observed.failed++ == 0) observed.first_error = failure.what();
      std::this_thread::sleep_for(kPauseAfterFailure);
      continue;
    }
    const auto end = Clock::now();
    if (end < window.begin || end >= window.end) continue;
    observed.latencies.push_back(std::chrono::duration_cast<core::Duration>(end - start));
  }
}

Phase sum_up(int clients, int seconds, const std::vector<Observed>& all) {
  Phase phase{clients, seconds};
  bench::LatencySamples samples;
  for (const auto& observed : all) {
    for (const auto latency : observed.latencies) samples.add(latency);
    if (phase.failed == 0) phase.first_error = observed.first_error;
    phase.failed += observed.failed;
  }
  phase.latency = samples.summary();
  return phase;
}

void print(const Phase& phase) {
  std::printf("%5d in flight %9.0f sagas/s   p50 %8.2f   p95 %8.2f   p99 %8.2f ms   %lld failed\n",
              phase.clients, phase.per_second(), phase.latency.p50_ms, phase.latency.p95_ms,
              phase.latency.p99_ms, static_cast<long long>(phase.failed));
  if (phase.failed > 0) std::printf("      first error: %s\n", phase.first_error.c_str());
  std::fflush(stdout);
}

std::string as_json(const std::string& name, const Options& options,
                    const std::vector<Phase>& phases) {
  nlohmann::ordered_json json = {{"peer", name}, {"warm_up_seconds", options.warm_up_seconds}};
  for (const auto& phase : phases) {
    json["phases"].push_back({{"clients", phase.clients},
                              {"seconds", phase.seconds},
                              {"per_second", phase.per_second()},
                              {"failed", phase.failed},
                              {"first_error", phase.first_error},
                              {"latency_outcome", bench::as_json(phase.latency)}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_json(const std::string& file, const std::string& json) {
  if (file.empty()) return;
  std::ofstream out(file);
  out << json << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file);
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--levels", options.levels, "sagas in flight, measured one after the other")
      ->capture_default_str()
      ->delimiter(',')
      ->check(CLI::Range(1, kClientsMax));
  app.add_option("--seconds", options.seconds, "length of each window")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'600));
  app.add_option("--warm-up", options.warm_up_seconds, "seconds of load before each window")
      ->capture_default_str()
      ->check(CLI::Range(0, 3'600));
  app.add_option("--url", options.url, "where the peer is, e.g. http://127.0.0.1:8080");
  app.add_option("--json", options.json_file, "file that gets the figures as JSON");
}

}  // namespace

Phase run_closed_loop(int clients, const Options& options, const MakeClient& make_client) {
  std::vector<Client> made;
  std::generate_n(std::back_inserter(made), clients, make_client);
  std::vector<Observed> observed(made.size());
  Window window;
  window.begin = Clock::now() + std::chrono::seconds(options.warm_up_seconds);
  window.end = window.begin + std::chrono::seconds(options.seconds);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < made.size(); ++i) {
      threads.emplace_back([&, i] { keep_running(made[i], window, observed[i]); });
    }
  }
  return sum_up(clients, options.seconds, observed);
}

int measure_peer(const std::string& name, std::span<char*> args,
                 const std::function<MakeClient(const Options&)>& prepare) {
  Options options;
  CLI::App app{"Runs one saga after the other in N clients; see bench/peers/README.md.", name};
  add_options(app, options);
  const std::vector<std::string> words(args.begin() + 1, args.end());
  try {
    if (!core::parse_arguments(app, words)) return 0;
    const MakeClient make_client = prepare(options);
    std::vector<Phase> phases;
    for (const int level : options.levels) {
      phases.push_back(run_closed_loop(level, options, make_client));
      print(phases.back());
    }
    write_json(options.json_file, as_json(name, options, phases));
    const bool good = std::all_of(phases.begin(), phases.end(), [](const Phase& phase) {
      return phase.failed == 0 && phase.latency.count > 0;
    });
    return good ? 0 : 1;
  } catch (const core::BadConfiguration& problem) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), problem.what());
    return 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), failure.what());
    return 1;
  }
}

}  // namespace orderflow::peers
