#include "tests/simulation/faults.hpp"

namespace orderflow::simulation {
namespace {

// How often each kind strikes at one opportunity, before a world makes it up to four times rarer or
// more frequent. Kinds driven by the second (World::misfortunes) have one opportunity a second.
constexpr std::array<double, kFaultCount> kUsualRates{
    0.002,  // crash, at each step of a process
    0.004,  // answer lost
    0.003,  // late commit
    0.02,   // database down, a second
    0.02,   // account moved, at each batch that moves money
    0.02,   // message lost
    0.04,   // message doubled
    0.03,   // message late
    0.05,   // broker slow, a second
    0.05,   // broker forgets, a second
    0.001,  // producer fails
    0.002,  // zombie, at each step of a process
    0.10,   // grant stalls
    0.05,   // two owners, a second
    0.05,   // rebalance, a second
    0.05,   // participant silent
    0.05,   // participant fails
    0.05,   // reply lost
    0.05,   // participant twice
    0.05,   // participant slow
    0.10,   // participant refuses, an order
    0.02,   // participant broken, an order
    0.05,   // clock steps, a second
    0.50,   // clock skewed, a process
    0.02,   // timer late
    0.20,   // worst moment, an order
    0.005,  // event refused, an event
};

}  // namespace

std::optional<Fault> fault_of(std::string_view name) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (kFaultNames[i] == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

Faults::Faults(std::uint64_t seed, const FaultSwitches& allowed) : random_(seed) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const bool known = random_.chance(0.6);
    const double factor = static_cast<double>(1U << random_.below(5)) / 4;
    if (known && allowed[i]) rates_[i] = kUsualRates[i] * factor;
  }
}

bool Faults::strike(Fault fault) {
  const double share = rate(fault);
  if (ended_ || share <= 0 || !random_.chance(share)) return false;
  count(fault);
  return true;
}

}  // namespace orderflow::simulation
