// The supervisor's table: which processes to run, in which order. One line an entry, fields
// separated by tabs, `#` starts a comment line:
//
//   name  kind  ready  user  stop  command  argument…
//
//   name   letters, digits, `_`, `-`; also names the log file
//   kind   daemon (kept alive) | oneshot (must exit 0 before the next entry starts)
//   ready  tcp:PORT | http:PORT/path (answers 2xx) | postgres:PORT (accepts sessions) | -;
//          before the port an address may stand, when it is not 127.0.0.1: http:[::1]:80/path
//   user   the account to run as (needs root), or -
//   stop   STOP/DEATH signals, e.g. INT/QUIT; - means TERM/KILL. STOP asks for a graceful end,
//          DEATH is sent when that takes too long or the supervisor itself died.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace orderflow::compose {

enum class EntryKind { kDaemon, kOneshot };

struct ReadyCheck {
  enum class Kind { kNone, kTcp, kHttp, kPostgres };

  Kind kind = Kind::kNone;
  std::uint16_t port = 0;
  std::string path;                // only kHttp, begins with '/'
  std::string host = "127.0.0.1";  // an IP address
};

struct Entry {
  std::string name;
  EntryKind kind = EntryKind::kDaemon;
  ReadyCheck ready;
  std::string user;  // empty: the supervisor's own
  int stop_signal = SIGTERM;
  int death_signal = SIGKILL;
  std::vector<std::string> command;
};

// The entries in their order, or one line that says which line is wrong and why.
[[nodiscard]] tl::expected<std::vector<Entry>, std::string> parse_table(std::string_view text);

// A line that parse_table() reads as this entry, its end included.
[[nodiscard]] std::string to_line(const Entry& entry);

}  // namespace orderflow::compose
