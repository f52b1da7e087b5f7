#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <pqxx/pqxx>
#include <string>
#include <utility>
#include <vector>

#include "core/pg/database_url.hpp"
#include "core/values/failure.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// A bounded pool of libpqxx connections with one context's role: for migrations and tools. Roles
// that serve or own use PgSession. Safe from any thread; every call blocks. Connections are made
// when first needed and again after a failure.
//
// Waiting for a free connection, connecting and each statement have deadlines; all end in
// Unavailable. Those of statements are the server's, though: libpqxx would wait for ever for a
// server that hangs. SQL errors that a caller can answer (pqxx::unique_violation and the like) pass
// through.
class DatabasePool {
 public:
  // `role` is taken with SET ROLE when it exists; empty stays with the login user.
  DatabasePool(const DatabaseUrl& url, std::string role, std::size_t size,
               Duration statement_timeout = std::chrono::seconds{5});
  ~DatabasePool();
  DatabasePool(const DatabasePool&) = delete;
  DatabasePool& operator=(const DatabasePool&) = delete;

  // Runs `use(pqxx::work&)` in a transaction of its own, commits, returns what it returned.
  template <typename Use>
  auto write(Use&& use) {
    return with_connection([&](pqxx::connection& connection) {
      pqxx::work transaction(connection);
      if constexpr (std::is_void_v<decltype(use(transaction))>) {
        use(transaction);
        transaction.commit();
      } else {
        auto value = use(transaction);
        transaction.commit();
        return value;
      }
    });
  }

  // Runs `use(pqxx::nontransaction&)`: each statement sees the newest committed state.
  template <typename Use>
  auto read(Use&& use) {
    return with_connection([&](pqxx::connection& connection) {
      pqxx::nontransaction transaction(connection);
      return use(transaction);
    });
  }

 private:
  template <typename Use>
  auto with_connection(Use&& use) {
    std::unique_ptr<pqxx::connection> connection = take();
    try {
      if constexpr (std::is_void_v<decltype(use(*connection))>) {
        use(*connection);
        give_back(std::move(connection));
      } else {
        auto value = use(*connection);
        give_back(std::move(connection));
        return value;
      }
    } catch (...) {
      translate(std::move(connection));
    }
  }

  std::unique_ptr<pqxx::connection> take();
  std::unique_ptr<pqxx::connection>
  take_idle();  // Under the lock; null when a new one may be made.
  std::unique_ptr<pqxx::connection> connect();
  void set_up(pqxx::connection& connection) const;
  void give_back(std::unique_ptr<pqxx::connection> connection);
  // Called while an exception is handled: keeps or drops the connection and throws on.
  [[noreturn]] void translate(std::unique_ptr<pqxx::connection> connection);

  DatabaseUrl url_;
  std::string role_;
  Duration statement_timeout_;
  std::mutex mutex_;
  std::condition_variable available_;
  std::vector<std::unique_ptr<pqxx::connection>> idle_;
  std::size_t unused_slots_;
};

}  // namespace orderflow::core
