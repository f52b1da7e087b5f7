#pragma once

#include <filesystem>
#include <string>

namespace orderflow::bench {

// `orderflow bench figures FILE`: what scripts put into tables, out of the JSON that `bench --json`
// and the peers' programs write. A line a phase: clients, sagas a second, p50 and p99 of the
// outcome in milliseconds. Throws core::BadConfiguration when the file is not such JSON.
[[nodiscard]] std::string figures_of(const std::filesystem::path& file);

}  // namespace orderflow::bench
