#pragma once

#include <cstddef>

namespace orderflow::core {

// Raises the process's limit of open descriptors as far as it may (the soft limit to the hard one,
// which many shells and units leave at 1,024) and returns it.
std::size_t raise_descriptor_limit();

// How many of `wanted` connections that leaves room for, beside `reserved` descriptors for all
// else. Throws BadConfiguration, which names the limit and the remedy, when that is none.
[[nodiscard]] std::size_t connections_within(std::size_t descriptor_limit, std::size_t reserved,
                                             std::size_t wanted);

}  // namespace orderflow::core
