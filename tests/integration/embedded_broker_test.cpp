#include "core/kafka/embedded_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <ctime>

#include "tests/support/wait.hpp"

namespace orderflow::core {
namespace {

// Of this process so far, all threads.
std::chrono::nanoseconds cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// Allows no descriptor beyond this one, until the end of the scope.
class NoMoreDescriptors {
 public:
  explicit NoMoreDescriptors(int highest) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{static_cast<rlim_t>(highest) + 1, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

bool connects(int socket, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int open_socket() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket >= 0);
  return socket;
}

// Asks over a connected socket which versions the broker speaks, and waits for its answer.
void converse(int socket) {
  // ApiVersions (key 18, version 0), correlation id 7, no client id.
  constexpr std::array<unsigned char, 14> request{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff};
  REQUIRE(::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  std::array<unsigned char, 8> answer{};
  testing::wait_until("it answers", [&] {
    return ::recv(socket, answer.data(), answer.size(), MSG_DONTWAIT) ==
           static_cast<ssize_t>(answer.size());
  });
  CHECK(answer[7] == 7);
}

// Not a unit test, since those run under sanitizers, which want descriptors for their own checks.
TEST_CASE("out of descriptors the embedded broker rests, and goes on when there are some again") {
  Logger logger("test", LogLevel::kError);
  const EmbeddedBroker broker(0, {{"orders.events", 1, 1}}, logger);
  const int first = open_socket();
  REQUIRE(connects(first, broker.port()));
  converse(first);
  const int client = open_socket();
  {
    // Descriptors are given lowest first, so all below this one are taken.
    const NoMoreDescriptors scarce(client);
    REQUIRE(connects(client, broker.port()));
    const auto before = cpu_time();
    (void)testing::holds_within(testing::Millis{500}, [] { return false; });
    // Trying again and again would have taken all of that time of a core.
    CHECK(cpu_time() - before < std::chrono::milliseconds{200});
  }
  converse(client);
  ::close(client);
  ::close(first);
}

}  // namespace
}  // namespace orderflow::core
