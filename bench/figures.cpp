#include "bench/figures.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/values/failure.hpp"

namespace orderflow::bench {

std::string figures_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  try {
    std::string lines;
    const auto json = nlohmann::json::parse(stream);
    for (const auto& phase : json.at("phases")) {
      const auto& latency = phase.at("latency_outcome");
      lines += fmt::format("{} {:.0f} {:.2f} {:.2f}\n", phase.at("clients").get<int>(),
                           phase.at("per_second").get<double>(), latency.at("p50_ms").get<double>(),
                           latency.at("p99_ms").get<double>());
    }
    return lines;
  } catch (const nlohmann::json::exception& problem) {
    throw core::BadConfiguration("bench: " + file.string() +
                                 " holds no figures of a benchmark: " + problem.what());
  }
}

}  // namespace orderflow::bench
