#pragma once

#include <cstdint>
#include <string>

namespace orderflow::bench {

struct Machine {
  std::string cpu;
  int cores = 0;
  std::int64_t memory_mib = 0;
  std::string kernel;
};

// As far as /proc tells; unknown parts stay empty.
[[nodiscard]] Machine describe_machine();

}  // namespace orderflow::bench
