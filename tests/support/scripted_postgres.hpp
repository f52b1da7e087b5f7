#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/scripted_server.hpp"

namespace orderflow::testing {

// A message of PostgreSQL's protocol: its type, its length, its body. Start-up packets have no
// type.
[[nodiscard]] std::string pg_message(char type, std::string_view body);
// The server's side of it.
[[nodiscard]] std::string pg_authentication_ok();
[[nodiscard]] std::string pg_parameter(std::string_view name, std::string_view value);
[[nodiscard]] std::string pg_error(std::string_view sqlstate, std::string_view words);
// A row of text columns in binary form, with what stands around it in a pipeline; without Sync's
// answer.
[[nodiscard]] std::string pg_answer(const std::vector<std::string>& columns);
inline constexpr std::string_view kPgReady{"Z\0\0\0\x05I", 6};

// One client of the server, as the script sees it.
class PgClient : public ScriptedPeer {
 public:
  explicit PgClient(const ScriptedPeer& peer) : ScriptedPeer(peer) {}

  // The next start-up packet; one that asks for encryption is answered "no".
  std::string hear_start();
  // Reads up to and including the next message of that type: 'S' is Sync.
  void hear_message(char type);

  // Agrees to the settings that a new session asks for.
  void take_settings();
  // Lets a client in as PostgreSQL does, or, without a backend's pid, as some poolers do.
  void welcome(std::uint32_t backend_pid = 0);
};

// A PostgreSQL server that does what a script says.
class ScriptedPostgres : public ScriptedServer {
 public:
  explicit ScriptedPostgres(const std::function<void(PgClient&)>& script);

  [[nodiscard]] std::string url(std::string_view parameters = "sslmode=disable") const;
};

}  // namespace orderflow::testing
