#pragma once

#include <cstdint>

namespace orderflow::core {

// 64 random bits that nobody can guess, whatever others they have seen (RFC 9562, 6.9): the
// kernel's, drawn in blocks, of which each thread has its own. A child process does not go on with
// its parent's block. Throws std::system_error where the kernel gives none.
[[nodiscard]] std::uint64_t random_bits();

}  // namespace orderflow::core
