#pragma once

#include <string>

namespace orderflow::core {

// A setting's value out of a file of its own, as container platforms hand over secrets: the whole
// content without the line ends behind it. `name` is the variable that named the path.
//
// Throws BadConfiguration, which names variable, path and remedy but nothing of the content, for
// what is no regular file (a pipe could be read by one process only), cannot be read, is empty,
// holds a NUL byte or more than 64 KiB.
[[nodiscard]] std::string read_value_file(const std::string& name, const std::string& path);

}  // namespace orderflow::core
