#pragma once

#include <vector>

#include "bench/load.hpp"

namespace orderflow::bench {

// Clients that ask for the status of one order after another, each as soon as it was answered; what
// is `completed` are answers. Blocks; the plan's pace does not matter.
[[nodiscard]] LoadResult run_reads(asio::io_context& context,
                                   const asio::ip::tcp::endpoint& endpoint,
                                   const std::vector<core::Uuid>& orders, const LoadPlan& plan);

}  // namespace orderflow::bench
