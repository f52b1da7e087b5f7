#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace orderflow::core {

// A URL whose query holds libpq's parameters only, and a sentence for each that was left out.
struct LibpqUrl {
  std::string url;
  std::vector<std::string> warnings;
};

// Takes out what other drivers and tools write into database URLs and what changes nothing here
// (Prisma's schema, a pool's size). Whatever would change who can read along is never left out
// silently: it is an error, as is a name that nobody knows. The error says what the URL must be.
[[nodiscard]] tl::expected<LibpqUrl, std::string> without_foreign_parameters(std::string_view url);

// What is wrong with the value of a parameter of libpq's, which libpq itself would only say when it
// connects; empty: nothing.
[[nodiscard]] std::string problem_of_parameter(std::string_view keyword, std::string_view value);

}  // namespace orderflow::core
