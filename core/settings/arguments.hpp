#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace orderflow::core {

// Reads the arguments behind the program's or command's name into what the options of `app` are
// bound to. False when --help was asked for, which is then printed: the command ends well. Throws
// BadConfiguration, in one line that names the remedy, for what cannot be understood. For every
// program of this repository; one whose name has two words, such as "orderflow audit", is a
// command.
[[nodiscard]] bool parse_arguments(CLI::App& app, std::span<const std::string> arguments);

// For what only the command knows to be wrong: a BadConfiguration that points to --help.
[[noreturn]] void refuse_arguments(const CLI::App& app, const std::string& problem);

}  // namespace orderflow::core
