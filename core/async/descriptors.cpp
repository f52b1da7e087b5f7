#include "core/async/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "core/values/failure.hpp"

namespace orderflow::core {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  // Neither call fails for a process that asks for its own limits and no more than is allowed.
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  if (limit.rlim_cur != limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    (void)::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t connections_within(std::size_t descriptor_limit, std::size_t reserved,
                               std::size_t wanted) {
  if (descriptor_limit <= reserved) {
    throw BadConfiguration("this process may open " + std::to_string(descriptor_limit) +
                           " files and sockets, which is too few; allow it more than " +
                           std::to_string(reserved) + " (ulimit -Hn)");
  }
  return std::min(wanted, descriptor_limit - reserved);
}

}  // namespace orderflow::core
