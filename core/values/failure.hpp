#pragma once

#include <stdexcept>
#include <string>

namespace orderflow::core {

// Infrastructure is down or misconfigured. Caught at two boundaries only: HTTP dispatch and
// consumer loop; and by main, which prints what() as the one line a person sees.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A setting is missing or wrong. The message names it and says how to mend it.
class BadConfiguration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace orderflow::core
