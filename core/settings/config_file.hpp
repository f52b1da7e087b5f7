#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow::core {

// The configuration file, as env files are written: a NAME=value a line, spaces around either left
// out, empty lines and lines that begin with # passed over. A value may stand in quotes: 'as it
// is', or "with \" and \\ escaped"; without quotes it is the rest of the line, whatever that holds.
// (CLI11's own reader of files would end a password at its # and a list of brokers at its comma.)
//
// Throws BadConfiguration that names the file and the line.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_config_file(
    const std::string& path);

// The same of a text; `path` is for messages.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_config_file(
    std::string_view text, const std::string& path);

}  // namespace orderflow::core
