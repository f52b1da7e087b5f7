#include <catch2/catch_test_macros.hpp>

#include "tests/support/instance.hpp"
#include "tests/support/readme_blocks.hpp"

// What the README tells a person to type works as it stands. No promise of its own.
namespace orderflow::testing {
namespace {

// The README speaks of the default port; this instance has another.
std::string with_port(std::string script, std::uint16_t port) {
  const std::string usual = "127.0.0.1:8080";
  const std::string own = "127.0.0.1:" + std::to_string(port);
  for (auto at = script.find(usual); at != std::string::npos;
       at = script.find(usual, at + own.size())) {
    script.replace(at, usual.size(), own);
  }
  return script;
}

TEST_CASE("the README's commands work in the order they stand", "[e2e]") {
  Instance instance;
  (void)instance.up("embedded");
  const std::string begin =
      "set -euo pipefail\ncd '" + required_variable("ORDERFLOW_TEST_REPO") + "'\n";
  for (const auto& block : readme_blocks("sh test")) {
    const auto done = instance.shell(begin + with_port(block.text, instance.http_port()));
    INFO("README.md:" << block.line << "\n" << block.text << done.output);
    CHECK(done.exit_code == 0);
  }
}

}  // namespace
}  // namespace orderflow::testing
