#include "bench/bench.hpp"

#include "core/failure.hpp"

namespace orderflow::bench {

int run_bench(const core::Config& config, std::span<const std::string> args) {
  (void)config;
  (void)args;
  throw core::Unavailable("the load generator is not built yet");
}

}  // namespace orderflow::bench
