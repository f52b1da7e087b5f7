#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/http_client.hpp"

namespace orderflow::testing {

// Reads more than one thread could in a reasonable time: a GET of every target, over a few kept
// connections at once. `judge` says what is wrong with an answer, nothing when it is sound; it is
// called from several threads, once for each index, so it must not use the macros of a test. Only
// the first hundreds of answers are compared with OpenAPI too, since that costs more than the
// reading. What is answered 503 is asked again, for kPatience at most.
//
// Returns what is wrong, in the order of the targets; stops early at `problems_max`.
[[nodiscard]] std::vector<std::string> read_all(
    std::uint16_t port, std::size_t count,
    const std::function<std::string(std::size_t index)>& target,
    const std::function<std::string(std::size_t index, const Answer&)>& judge,
    std::size_t problems_max = std::numeric_limits<std::size_t>::max());

}  // namespace orderflow::testing
