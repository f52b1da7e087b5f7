// The alert rules speak of metrics that exist, and each says what to do about it.
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <string>

#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("alert rules name metrics that docs/metrics.md knows") {
  const auto rules = source_text("dashboards/alerts/orderflow.yml");
  const auto used = matches(rules, std::regex(R"((orderflow_[a-z_]+)\b)"));
  const auto known =
      matches(source_text("docs/metrics.md"), std::regex(R"(\n\| `(orderflow_[a-z_]+)`)"));
  CHECK(used.size() >= 6);
  for (const auto& metric : used) {
    INFO(metric);
    CHECK(known.contains(metric));
  }
}

TEST_CASE("every alert rule has an expression, a severity and a summary") {
  const auto rules = source_text("dashboards/alerts/orderflow.yml");
  const auto alerts = count_of(rules, "- alert: Orderflow");
  CHECK(alerts >= 6);
  for (const char* part : {"        expr: ", "          severity: ", "          summary: "}) {
    INFO(part);
    CHECK(count_of(rules, part) == alerts);
  }
}

}  // namespace
}  // namespace orderflow::testing
