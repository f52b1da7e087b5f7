#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace orderflow::core {

// An expected failure: bad input, a refused payment, a state that forbids the request. It is
// returned, never thrown. Infrastructure that is down throws instead (see core/values/failure.hpp).
struct Error {
  std::string code;    // Stable and machine-readable, e.g. "insufficient_funds".
  std::string detail;  // What happened, for a person.
  std::string hint;    // What to do about it; may be empty.
  bool retryable = false;
};

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(std::string code, std::string detail, std::string hint = {},
                                  bool retryable = false) {
  return tl::unexpected<Error>(
      Error{std::move(code), std::move(detail), std::move(hint), retryable});
}

}  // namespace orderflow::core
