#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace orderflow::chaos {

// Chance from a seed, the same on every machine: the standard distributions differ between
// libraries, the generator does not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  // From 0 up to, but without, `bound`.
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }

  template <typename Value>
  const Value& pick(const std::vector<Value>& values) {
    return values[below(values.size())];
  }

  template <typename Value>
  void shuffle(std::vector<Value>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace orderflow::chaos
