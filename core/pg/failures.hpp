#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::core {

// The server refused a value (SQLSTATE classes 22 and 23): the only errors that may be blamed on a
// message.
class DataError : public std::runtime_error {
 public:
  DataError(std::string sqlstate, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

// The ownership check failed: another owner was granted the partition, or what we believe of it is
// stale. Drop what is held in memory and be granted again.
class Fenced : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The transaction lost a race against another one (SQLSTATE class 40) and nothing happened.
// Repeating it at once, from its reads on, is right; treating it as any other Unavailable is merely
// slower.
class Conflict : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// The connection died while a transaction was under way, so nobody knows whether it was committed.
// The truth is in the database: read it again before doing anything.
class CommitUnknown : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// A lock was not granted within the session's lock_timeout: its holder may have been stopped.
class LockTimeout : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

enum class RefusalKind : std::uint8_t {
  kPassing,    // Over by itself, or once somebody has done something elsewhere.
  kHindering,  // Passing, and the server answers others meanwhile, readiness too.
  kLasting,    // A person must mend it.
};

// The server answered, and cannot do it in the state that it, or its set-up, is in: read-only,
// full, too many sessions, a wrong password. what() names the remedy.
class DatabaseRefusal : public Unavailable {
 public:
  DatabaseRefusal(std::string sqlstate, const std::string& message);
  // Empty when libpq itself refused what the server offers, or what DATABASE_URL says.
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

  // Waiting mends nothing: a person must.
  [[nodiscard]] bool lasting() const { return kind_ == RefusalKind::kLasting; }

  // It is over by itself: the server starts or stops.
  [[nodiscard]] bool passes() const;

  // Whoever needs the database cannot do its work meanwhile; a missing table, say, is another kind.
  [[nodiscard]] bool hinders() const { return kind_ != RefusalKind::kPassing; }

 private:
  std::string sqlstate_;
  RefusalKind kind_;
};

// Why a pooler may keep its clients waiting, and the remedy.
inline constexpr std::string_view kPoolerNeedsSessions =
    "a pooler needs at least as many sessions as `orderflow check-config` says (PgBouncer: "
    "default_pool_size)";

// Whether libpq, which has no SQLSTATE of its own, says with these words what a person must mend.
[[nodiscard]] bool is_refusal_of_libpq(std::string_view message);

// Whether another session may get another answer: what this one keeps (plans, ids of types, what
// its server was when it began) may be to blame. Every error may, except those about a value,
// another transaction, the server's resources, a time-out, or raised by functions of ours.
[[nodiscard]] bool session_may_be_to_blame(std::string_view sqlstate);

// Throws what the SQLSTATE means, one of the above.
[[noreturn]] void raise_failure(const std::string& sqlstate, const std::string& message);

}  // namespace orderflow::core
