#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/observe/log.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::schemas {

struct SeedUser {
  std::string_view id;
  std::string_view username;
  std::string_view display_name;
  std::int64_t opening = 0;  // in cents
};

struct SeedProduct {
  std::string_view id;
  std::string_view name;
  std::string_view description;
  std::string_view category;
  std::int64_t price = 0;  // in cents
  bool available = true;
};

// What every installation for trying out starts with; the ids are fixed and stand in the README.
[[nodiscard]] std::span<const SeedUser> seed_users();
[[nodiscard]] std::span<const SeedProduct> seed_products();
inline constexpr std::string_view kSeedCurrency = "USD";

// Inserts what is missing and changes nothing that is there, so it may run again at any time. Waits
// up to a minute for the database. Returns 0; throws core::BadConfiguration when migrate has not
// run.
int run_seed(const core::Settings& settings, core::Logger& logger);

}  // namespace orderflow::schemas
