#pragma once

#include <cstdint>
#include <functional>

#include "core/settings/settings.hpp"

namespace orderflow::bench {

// Writes `orders` finished orders straight into the tables, as they would stand after so many
// deliveries: with their events, payments, ledger and parcels, so that the audit finds them sound.
// Rounded up to whole thousands. Payments and parcels have random ids, as real ones do, so that
// their indexes are as large and as scattered. For a database of the benchmark's own; throws
// core::Unavailable.
//
// `tell` hears from time to time how many there are.
void write_history(const core::Settings& settings, std::int64_t orders,
                   const std::function<void(std::int64_t)>& tell);

}  // namespace orderflow::bench
