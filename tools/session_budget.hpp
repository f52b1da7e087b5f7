#pragma once

#include <cstddef>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// How many PostgreSQL sessions an installation takes at most, with ORDERFLOW_PROCESSES processes of
// each owning role and one of the API.
struct SessionBudget {
  std::size_t api = 0;
  std::size_t owners = 0;  // All of their processes.
  // For tools, `./orderflow psql`, and the second ones that end stopped owners or look for poolers.
  std::size_t spare = 0;

  [[nodiscard]] std::size_t total() const { return api + owners + spare; }
};

[[nodiscard]] SessionBudget session_budget(const core::Settings& settings);

// The largest number of processes of each owning role that fits so many sessions; 0: not even one.
[[nodiscard]] std::size_t processes_that_fit(const core::Settings& settings, std::size_t sessions);

// One line for a person.
[[nodiscard]] std::string shown(const SessionBudget& budget);

// Asks the database. Throws core::BadConfiguration, naming what would fit, when it lets fewer in;
// core::Unavailable while it does not answer.
void require_sessions(const core::Settings& settings);

}  // namespace orderflow::tools
