#pragma once

#include <pqxx/pqxx>
#include <string>

namespace orderflow::chaos {

// Holds a table against everybody while it lives, as a forgotten session of a person does. Throws
// when the lock is not to be had.
class TableLock {
 public:
  TableLock(const std::string& url, const std::string& table)
      : connection_(url), work_(connection_) {
    work_.exec("SET LOCAL lock_timeout = '5s'");
    work_.exec("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
  }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
};

}  // namespace orderflow::chaos
