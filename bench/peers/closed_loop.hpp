#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bench/statistics.hpp"

// The load that every peer gets: N clients, a thread each, that run one saga after the other.
namespace orderflow::peers {

struct Options {
  std::vector<int> levels = {256, 64, 16, 1};  // Sagas in flight, measured in this order.
  int seconds = 20;                            // Window of each level.
  int warm_up_seconds = 5;                     // Load before each window.
  std::string url;                             // Of the peer; those with a password get none here.
  std::string json_file;
};

// Runs one saga to its end and returns; throws when it did not get there. Called again and again by
// one thread, also after a failure.
using Client = std::function<void()>;
using MakeClient = std::function<Client()>;

struct Phase {
  int clients = 0;
  int seconds = 0;
  std::int64_t failed = 0;
  std::string first_error;
  bench::LatencySummary latency;

  // Sagas that ended within the window, whenever they began.
  [[nodiscard]] double per_second() const { return static_cast<double>(latency.count) / seconds; }
};

// Clients are made before any of them works. Throws what `make_client` throws.
[[nodiscard]] Phase run_closed_loop(int clients, const Options& options,
                                    const MakeClient& make_client);

// The program of a peer that is called `name`: reads the arguments, lets `prepare` make what makes
// clients, measures every level, prints a line each and writes the JSON, whose phases have the form
// of `orderflow bench --json`. The exit code: 1 when a saga failed or none ended, 2 for arguments
// that make no sense.
[[nodiscard]] int measure_peer(const std::string& name, std::span<char*> args,
                               const std::function<MakeClient(const Options&)>& prepare);

}  // namespace orderflow::peers
