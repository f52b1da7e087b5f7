#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string_view>
#include <utility>

#include "core/pg/socket.hpp"

namespace orderflow::core {
namespace {

// An idle connection as the two sides of a socket see it.
class IdleConnection {
 public:
  IdleConnection() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) == 0); }
  ~IdleConnection() {
    ::close(ends_[0]);
    server_closes();
  }
  IdleConnection(const IdleConnection&) = delete;
  IdleConnection& operator=(const IdleConnection&) = delete;

  [[nodiscard]] bool left() const { return server_has_left(ends_[0]); }
  void server_says(std::string_view bytes) const {
    REQUIRE(::write(ends_[1], bytes.data(), bytes.size()) == std::ssize(bytes));
  }
  void server_closes() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST_CASE("an idle connection is known to have ended, whatever the server said before") {
  IdleConnection connection;
  CHECK_FALSE(connection.left());

  SECTION("it closed without a word") {}
  SECTION("it gave notice, as an immediate stop does") {
    connection.server_says({"N\0\0\0\x05\0", 6});
  }
  SECTION("it reported a parameter") { connection.server_says({"S\0\0\0\x06\0\0", 7}); }
  CHECK_FALSE(connection.left());
  connection.server_closes();
  CHECK(connection.left());
}

TEST_CASE("a connection whose server says it shuts down counts as ended before it closes") {
  const IdleConnection connection;
  connection.server_says({"E\0\0\0\x05\0", 6});
  CHECK(connection.left());
}

}  // namespace
}  // namespace orderflow::core
