#include "core/settings/nearest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace orderflow::core {
namespace {

TEST_CASE("the nearest name is the one with the fewest letters changed") {
  const std::vector<std::string> names{"ORDERFLOW_HTTP_PORT", "ORDERFLOW_HTTP_HOST", "LOG_LEVEL"};
  CHECK(nearest_name("ORDERFLOW_HTTP_PROT", names) == "ORDERFLOW_HTTP_PORT");
  CHECK(nearest_name("ORDERFLOW_HTTPHOST", names) == "ORDERFLOW_HTTP_HOST");
  CHECK(nearest_name("loglevel", names) == std::nullopt);
  CHECK(nearest_name("COMPLETELY_DIFFERENT", names) == std::nullopt);
  CHECK(nearest_name(std::string(1000, 'x'), names) == std::nullopt);
  CHECK(did_you_mean("LOGLEVEL", names) == " (did you mean LOG_LEVEL?)");
  CHECK(did_you_mean("whatever else", names).empty());
  CHECK(is_slip_of("ORDERFLOW_HTTP_PROT", names));
  CHECK_FALSE(is_slip_of("ORDERFLOW_HTTPS_PROXY", names));
  CHECK_FALSE(is_slip_of("LOGLEVEL_", {}));
}

}  // namespace
}  // namespace orderflow::core
