#include "core/settings/arguments.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/settings/nearest.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

// What a person may have meant: the options of the command and of its chosen subcommands.
void add_names(const CLI::App& app, std::vector<std::string>& names) {
  for (const auto* option : app.get_options()) {
    // Its get_name() is silent about those that --help does not list.
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const auto* command : app.get_subcommands()) add_names(*command, names);
}

std::string unexpected_argument(const CLI::App& app) {
  const auto left = app.remaining(true);
  if (left.empty()) return "there is an argument too many";
  const std::string name = left.front().substr(0, left.front().find('='));
  if (!name.starts_with("-")) {
    std::vector<std::string> commands;
    for (const auto* command : app.get_subcommands({})) commands.push_back(command->get_name());
    return "'" + left.front() + "' is not understood here" + did_you_mean(name, commands);
  }
  std::vector<std::string> names;
  add_names(app, names);
  return "there is no option " + name + did_you_mean(name, names);
}

// Of a command that needs a subcommand and got none, or another word.
std::string missing_argument(const CLI::App& app, const CLI::RequiredError& problem) {
  if (!app.remaining(true).empty()) return unexpected_argument(app);
  if (!app.get_subcommands().empty() || app.get_require_subcommand_min() == 0) {
    return problem.what();
  }
  std::string names;
  for (const auto* command : app.get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return "say what to do: " + names;
}

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// CLI11 takes arguments from the back. It reads `--name=` as an option without a value and would
// take the next argument for it.
std::vector<std::string> for_cli11(std::span<const std::string> arguments) {
  std::vector<std::string> reversed;
  for (auto it = arguments.rbegin(); it != arguments.rend(); ++it) {
    const bool empty_value = it->starts_with("--") && it->find('=') == it->size() - 1;
    if (empty_value) reversed.emplace_back();
    reversed.push_back(empty_value ? it->substr(0, it->size() - 1) : *it);
  }
  return reversed;
}

}  // namespace

void refuse_arguments(const CLI::App& app, const std::string& problem) {
  const std::string& name = app.get_name();
  // Main says the program's name.
  const auto program_end = name.find(' ');
  const std::string command =
      program_end == std::string::npos ? "" : name.substr(program_end + 1) + ": ";
  throw BadConfiguration(in_one_line(command + problem) + "; `" + name +
                         " --help` lists what it takes");
}

bool parse_arguments(CLI::App& app, std::span<const std::string> arguments) {
  auto reversed = for_cli11(arguments);
  try {
    app.parse(reversed);
    return true;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return false;
  } catch (const CLI::RequiredError& problem) {
    refuse_arguments(app, missing_argument(app, problem));
  } catch (const CLI::ExtrasError&) {
    refuse_arguments(app, unexpected_argument(app));
  } catch (const CLI::ParseError& problem) {
    refuse_arguments(app, problem.what());
  }
}

}  // namespace orderflow::core
