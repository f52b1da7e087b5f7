#include "core/settings/command_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/values/failure.hpp"
#include "events/settings.hpp"
#include "http-api/settings.hpp"
#include "tools/all_settings.hpp"

namespace orderflow::core {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

// A command with an option, a switch and a subcommand of its own.
struct Command {
  Environment environment;
  SettingsSources sources{tools::all_settings(), environment};
  CommandLine line{"orderflow parcels", "Parcels.", sources};
  int limit = 5;
  bool json = false;
  std::string reason;

  Command() {
    CLI::App* list = line.app().add_subcommand("list", "all of them");
    list->add_option("--limit", limit, "at most")->check(CLI::Range(1, 9));
    list->add_option("--reason", reason, "why");
    list->add_flag("--json", json, "as JSON");
    line.app().require_subcommand(1);
  }
  std::optional<Settings> parse(const std::vector<std::string>& arguments) {
    return line.parse(arguments);
  }
};

TEST_CASE("options and settings are understood in both spellings, in any order") {
  Command command;
  const auto settings = command.parse(
      {"list", "--http-port=1", "--limit", "7", "--json", "--topic-prefix=", "--http-port", "2"});
  REQUIRE(settings);
  CHECK(settings->get(http_api::kHttpPort) == 2);
  CHECK(settings->get(events::kTopicPrefix).empty());
  CHECK((command.limit == 7 && command.json));
}

TEST_CASE("an option without a value takes no other option for it") {
  Command command;
  REQUIRE(command.parse({"list", "--reason=", "--json"}));
  CHECK((command.reason.empty() && command.json));
}

TEST_CASE("what a command line gets wrong is told in one line, with the remedy") {
  const auto refused = [](const std::vector<std::string>& arguments, const char* expected) {
    INFO(expected);
    CHECK_THROWS_MATCHES(
        Command().parse(arguments), BadConfiguration,
        MessageMatches(ContainsSubstring("parcels: ") && ContainsSubstring(expected) &&
                       ContainsSubstring("`orderflow parcels --help`") &&
                       !ContainsSubstring("\n")));
  };
  refused({"list", "--lmit", "7"}, "there is no option --lmit (did you mean --limit?)");
  refused({"list", "--htttp-port=1"},
          "there is no option --htttp-port (did you mean --http-port?)");
  refused({"lits"}, "'lits' is not understood here (did you mean list?)");
  refused({"list", "now"}, "'now' is not understood here");
  refused({"list", "--limit"}, "--limit");
  refused({"list", "--limit", "many"}, "many");
  refused({"list", "--limit", "10"}, "10");
  refused({}, "say what to do: list");
}

TEST_CASE("help is no error and loads no settings") {
  Command command;
  command.environment["ORDERFLOW_HTTP_PORT"] = "wrong";
  CHECK_FALSE(command.parse({"--help"}));
  CHECK_FALSE(command.parse({"list", "--help"}));
}

}  // namespace
}  // namespace orderflow::core
