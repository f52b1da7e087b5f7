#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow::core {

// Files of settings, as env files are written: a NAME=value a line, spaces around either left out,
// empty lines and lines that begin with # passed over, as is `export` before a name. A value may
// stand in quotes: 'as it is', or "with \" and \\ escaped"; without quotes it is the rest of the
// line. Behind white space a # begins a comment. A byte order mark is passed over. Nothing is
// expanded, nothing executed. (CLI11's own reader of files would end a password at its # and a list
// of brokers at its comma.)
//
// Throws BadConfiguration that names the file and the line, or the `variable` that names a file
// which cannot be read.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_config_file(
    const std::string& variable, const std::string& path);

// The same of a text; `path` is for messages.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_config_file(
    std::string_view text, const std::string& path);

}  // namespace orderflow::core
