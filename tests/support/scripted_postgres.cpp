#include "tests/support/scripted_postgres.hpp"

#include <utility>

namespace orderflow::testing {
namespace {

constexpr std::uint32_t kProtocol = 3U << 16U;

template <typename Int>
std::string big_endian(Int value) {
  std::string bytes;
  for (int shift = (sizeof(Int) - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
  }
  return bytes;
}

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string pg_message(char type, std::string_view body) {
  return type + big_endian(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

std::string pg_authentication_ok() { return pg_message('R', big_endian(std::uint32_t{0})); }

std::string pg_parameter(std::string_view name, std::string_view value) {
  return pg_message('S', std::string(name) + '\0' + std::string(value) + '\0');
}

std::string pg_error(std::string_view sqlstate, std::string_view words) {
  std::string body;
  for (const auto& [field, text] :
       {std::pair{'S', std::string_view("FATAL")}, {'V', "FATAL"}, {'C', sqlstate}, {'M', words}}) {
    body.append(1, field).append(text).append(1, '\0');
  }
  return pg_message('E', body + '\0');
}

std::string pg_answer(const std::vector<std::string>& columns) {
  constexpr std::uint32_t kTextOid = 25;
  std::string description = big_endian(static_cast<std::uint16_t>(columns.size()));
  std::string row = description;
  for (const auto& column : columns) {
    // Name, table, column, type, size, modifier, format.
    description += std::string("c") + '\0' + big_endian(std::uint32_t{0}) +
                   big_endian(std::uint16_t{0}) + big_endian(kTextOid) +
                   big_endian(std::uint16_t{0xffff}) + big_endian(std::uint32_t{0xffffffff}) +
                   big_endian(std::uint16_t{1});
    row += big_endian(static_cast<std::uint32_t>(column.size())) + column;
  }
  return pg_message('1', "") + pg_message('2', "") + pg_message('T', description) +
         pg_message('D', row) + pg_message('C', std::string("SELECT 1") + '\0');
}

std::string PgClient::hear_start() {
  while (true) {
    const std::string packet = hear(number_in(hear(4)) - 4);
    if (number_in(packet.substr(0, 4)) == kProtocol) return packet;
    say("N");
  }
}

void PgClient::hear_message(char type) {
  while (true) {
    const char heard = hear(1)[0];
    (void)hear(number_in(hear(4)) - 4);
    if (heard == type) return;
  }
}

void PgClient::take_settings() {
  hear_message('Q');
  say(pg_message('C', std::string("SELECT 1") + '\0') + std::string(kPgReady));
}

void PgClient::welcome(std::uint32_t backend_pid) {
  (void)hear_start();
  say(pg_authentication_ok() + pg_parameter("server_version", "15.0") +
      (backend_pid == 0 ? ""
                        : pg_message('K', big_endian(backend_pid) + big_endian(std::uint32_t{0}))) +
      std::string(kPgReady));
  take_settings();
}

ScriptedPostgres::ScriptedPostgres(const std::function<void(PgClient&)>& script)
    : ScriptedServer([script](const ScriptedPeer& peer) {
        PgClient client(peer);
        script(client);
      }) {}

std::string ScriptedPostgres::url(std::string_view parameters) const {
  return "postgresql://u:p@127.0.0.1:" + std::to_string(port()) + "/d?gssencmode=disable&" +
         std::string(parameters);
}

}  // namespace orderflow::testing
