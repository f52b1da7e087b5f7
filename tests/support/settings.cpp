#include "tests/support/settings.hpp"

#include "tools/all_settings.hpp"

namespace orderflow::testing {

core::Settings settings_from(const core::Environment& environment) {
  return core::Settings::load({tools::all_settings(), environment});
}

}  // namespace orderflow::testing
