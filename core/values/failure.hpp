#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace orderflow::core {

// Infrastructure is down or misconfigured. Caught at two boundaries only: HTTP dispatch and
// consumer loop; and by main, which prints what() as the one line a person sees.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A stored row holds what this program does not know: a newer one wrote it, or a person did. Only
// what needs that row is concerned, until it is mended, so whoever reads many goes on with the
// others.
class UnreadableRow : public std::runtime_error {
 public:
  // `subject`: whose row it is, as "the saga of order <id>". Anybody may be told.
  UnreadableRow(std::string subject, std::string why)
      : std::runtime_error(subject + " cannot be read: " + why),
        subject_(std::move(subject)),
        why_(std::move(why)) {}

  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  std::string subject_;
  std::string why_;
};

// A setting is missing or wrong. The message names it and says how to mend it.
class BadConfiguration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace orderflow::core
