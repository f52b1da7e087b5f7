#pragma once

#include <string_view>

namespace orderflow::core {

// Whether brackets and braces nest deeper than `levels_max`. Asked before a text from outside is
// parsed: a document tree is copied, written and ended recursively, so a body of brackets would
// exhaust the stack. The text need not be JSON.
[[nodiscard]] bool nests_deeper_than(std::string_view text, int levels_max);

}  // namespace orderflow::core
