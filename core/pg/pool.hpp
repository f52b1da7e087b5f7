#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <pqxx/pqxx>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// A bounded pool of libpqxx connections for one bounded context: reads, tools and rare writes. The
// hot paths use PgSession. Safe from any thread; every call blocks, so front ends call it from
// their blocking threads only. Connections are made when first needed and again after a failure.
//
// Waiting for a free connection, connecting and each statement have deadlines; all end in
// Unavailable. Those of statements are the server's, though: libpqxx would wait for ever for a
// server that hangs. With a `use_timeout` a thread of the pool cuts off connections that are in use
// for longer. SQL errors that a caller can answer (pqxx::unique_violation and the like) pass
// through.
class DatabasePool {
 public:
  // `role` is taken with SET ROLE when it exists; empty stays with the login user.
  DatabasePool(const std::string& url, std::string role, std::size_t size,
               Duration statement_timeout = std::chrono::seconds{5},
               Duration use_timeout = Duration{0});
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
        commit(transaction);
      } else {
        auto value = use(transaction);
        commit(transaction);
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
  // Of the long-running roles only the door writes through a pool.
  static void commit(pqxx::work& transaction) {
    crash_point(CrashPlace::kBeforeWrite);
    transaction.commit();
    crash_point(CrashPlace::kAfterWrite);
  }

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

  using Clock = std::chrono::steady_clock;

  std::unique_ptr<pqxx::connection> take();
  std::unique_ptr<pqxx::connection>
  take_idle();                                  // Under the lock; null when a new one may be made.
  std::unique_ptr<pqxx::connection> connect();  // Its use has begun, like that of any other.
  void set_up(pqxx::connection& connection) const;
  void begin_use(const pqxx::connection& connection);
  void end_use(const pqxx::connection& connection);
  void watch(const std::stop_token& stop);
  void give_back(std::unique_ptr<pqxx::connection> connection);
  // Called while an exception is handled: keeps or drops the connection and throws on.
  [[noreturn]] void translate(std::unique_ptr<pqxx::connection> connection);

  std::string url_;
  std::string role_;
  Duration statement_timeout_;
  Duration use_timeout_;
  std::mutex mutex_;
  std::condition_variable_any available_;
  std::vector<std::unique_ptr<pqxx::connection>> idle_;
  std::size_t unused_slots_;
  // The watchdog's own handle of each busy connection's socket, since the connection's may be
  // closed and its number given to somebody else at any moment.
  struct InUse {
    int socket = -1;
    Clock::time_point since;
  };
  std::map<const pqxx::connection*, InUse> in_use_;
  std::jthread watchdog_;
};

}  // namespace orderflow::core
