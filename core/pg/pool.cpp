#include "core/pg/pool.hpp"

#include "core/pg/socket.hpp"

namespace orderflow::core {
namespace {

constexpr const char* kPoolConnectTimeoutSeconds = "5";
constexpr auto kTakeTimeout = std::chrono::seconds{5};

}  // namespace

DatabasePool::DatabasePool(const DatabaseUrl& url, std::string role, std::size_t size,
                           Duration statement_timeout)
    : url_(url.with("connect_timeout", kPoolConnectTimeoutSeconds)),
      role_(std::move(role)),
      statement_timeout_(statement_timeout),
      unused_slots_(size) {}

DatabasePool::~DatabasePool() = default;

std::unique_ptr<pqxx::connection> DatabasePool::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (!server_has_left(connection->sock())) return connection;
    ++unused_slots_;
  }
  return nullptr;
}

std::unique_ptr<pqxx::connection> DatabasePool::take() {
  std::unique_ptr<pqxx::connection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!available_.wait_for(lock, kTakeTimeout,
                             [this] { return !idle_.empty() || unused_slots_ > 0; })) {
      throw Unavailable("all database connections are busy; try again shortly");
    }
    connection = take_idle();
    if (connection == nullptr) --unused_slots_;
  }
  return connection == nullptr ? connect() : std::move(connection);
}

std::unique_ptr<pqxx::connection> DatabasePool::connect() {
  std::unique_ptr<pqxx::connection> connection;
  try {
    connection = std::make_unique<pqxx::connection>(url_.conninfo());
    set_up(*connection);
    return connection;
  } catch (...) {
    // One that is not set up is no use to anybody.
    connection.reset();
    translate(nullptr);
  }
}

void DatabasePool::set_up(pqxx::connection& connection) const {
  pqxx::nontransaction setup(connection);
  const auto ms = std::to_string(statement_timeout_.count() / 1000);
  setup.exec("SET statement_timeout = " + ms + "; SET lock_timeout = " + ms +
             "; SET idle_in_transaction_session_timeout = " + ms + "; SET timezone = 'UTC'");
  if (role_.empty()) return;
  setup.exec("SELECT set_config('role', rolname, false) FROM pg_roles WHERE rolname = " +
             setup.quote(role_) + " AND pg_has_role(rolname, 'MEMBER')");
}

void DatabasePool::give_back(std::unique_ptr<pqxx::connection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
  available_.notify_one();
}

void DatabasePool::translate(std::unique_ptr<pqxx::connection> connection) {
  const auto drop = [this, &connection] {
    connection.reset();
    const std::lock_guard lock(mutex_);
    ++unused_slots_;
    // Its idle neighbours most likely broke with it.
    unused_slots_ += idle_.size();
    idle_.clear();
    available_.notify_all();
  };
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    drop();
    throw Unavailable(std::string("the database does not answer: ") + error.what());
  } catch (const pqxx::in_doubt_error& error) {
    drop();
    throw Unavailable(std::string("the database went away during a commit: ") + error.what());
  } catch (const pqxx::sql_error& error) {
    const std::string& state = error.sqlstate();
    // 57: shutting down, cancelled by a time-out. 55: lock not available. 40: deadlock. 53: full.
    const bool passing = state.starts_with("57") || state.starts_with("55") ||
                         state.starts_with("40") || state.starts_with("53");
    if (connection == nullptr || state.starts_with("57P")) {
      drop();
    } else {
      give_back(std::move(connection));
    }
    if (passing) throw Unavailable(std::string("the database is busy: ") + error.what());
    throw;
  } catch (...) {
    if (connection == nullptr) {
      drop();
    } else {
      give_back(std::move(connection));
    }
    throw;
  }
}

}  // namespace orderflow::core
