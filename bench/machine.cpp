#include "bench/machine.hpp"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace orderflow::bench {

Machine describe_machine() {
  Machine machine;
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    if (!line.starts_with("model name")) continue;
    machine.cpu = line.substr(line.find(':') + 2);
    break;
  }
  machine.cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  struct sysinfo memory{};
  if (sysinfo(&memory) == 0) {
    machine.memory_mib =
        static_cast<std::int64_t>(memory.totalram) * memory.mem_unit / (1024 * 1024);
  }
  utsname system{};
  if (uname(&system) == 0) machine.kernel = std::string(system.sysname) + " " + system.release;
  return machine;
}

}  // namespace orderflow::bench
