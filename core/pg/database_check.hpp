#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pg/session.hpp"

namespace orderflow::core {

// Looks whether a database is what Orderflow needs: PostgreSQL 15 or newer, in UTF8, taking writes,
// with room on its disk, and at the other end of a session instead of behind a pooler that changes
// sessions between transactions. What any session of the process was refused in the last seconds
// counts too.
//
// One thread at a time. Keeps one session, and a second one behind a pooler.
class DatabaseCheck {
 public:
  DatabaseCheck(const DatabaseUrl& url, PgSessionOptions options);

  // What keeps Orderflow from working on it, with the remedy; nothing when all is well. Throws
  // Unavailable while it does not answer.
  [[nodiscard]] std::optional<std::string> problem();

  // For what else its owner wants to know.
  [[nodiscard]] PgSession& session() { return session_; }

 private:
  void require_room_on_disk();
  [[nodiscard]] bool changes_sessions();

  DatabaseUrl url_;
  PgSession session_;
  PgSession other_;  // Connected behind a pooler only.
  std::uint64_t looks_ = 0;
  bool disk_was_full_ = false;
};

}  // namespace orderflow::core
