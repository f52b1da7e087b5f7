#pragma once

#include <pqxx/pqxx>
#include <string>

namespace orderflow::chaos {

// Holds what the statement locks against everybody while it lives, as a forgotten session of a
// person does. Throws when the lock is not to be had.
class HeldLock {
 public:
  HeldLock(const std::string& url, const std::string& statement)
      : connection_(url), work_(connection_) {
    work_.exec("SET LOCAL lock_timeout = '5s'");
    work_.exec(statement);
  }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
};

}  // namespace orderflow::chaos
