#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/instance.hpp"
#include "tests/support/shop.hpp"

// The embedded broker when the kernel gives it no more descriptors. From outside and without
// sanitizers, which want descriptors for their own checks.
namespace orderflow::testing {
namespace {

// Allows a process no descriptor beyond those it has, until the end of the scope.
class NoMoreDescriptors {
 public:
  explicit NoMoreDescriptors(pid_t process) : process_(process) {
    // The kernel gives the lowest number that is free.
    rlim_t lowest_free = 0;
    const auto folder = std::filesystem::path("/proc") / std::to_string(process) / "fd";
    while (std::filesystem::is_symlink(folder / std::to_string(lowest_free))) ++lowest_free;
    REQUIRE(::prlimit(process_, RLIMIT_NOFILE, nullptr, &before_) == 0);
    const rlimit limit{lowest_free, before_.rlim_max};
    REQUIRE(::prlimit(process_, RLIMIT_NOFILE, &limit, nullptr) == 0);
  }
  ~NoMoreDescriptors() { (void)::prlimit(process_, RLIMIT_NOFILE, &before_, nullptr); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  pid_t process_;
  rlimit before_{};
};

// CPU time of a process so far, in clock ticks (sysconf(_SC_CLK_TCK) a second): proc_pid_stat(5).
long cpu_ticks(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  constexpr int kFieldsBeforeTimes = 11;  // From the state on.
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeTimes; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  REQUIRE(fields >> user >> system);
  return user + system;
}

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(descriptor_ >= 0);
  }
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void connect(std::uint16_t port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }

  // Asks which versions the broker speaks.
  void ask() const {
    // ApiVersions (key 18, version 0), correlation id 7, no client id.
    constexpr std::array<unsigned char, 14> request{0, 0, 0, 10, 0, 18,   0,
                                                    0, 0, 0, 0,  7, 0xff, 0xff};
    REQUIRE(::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
  }

  // An answer begins with its size and the correlation id.
  [[nodiscard]] bool answered() const {
    std::array<unsigned char, 8> answer{};
    return ::recv(descriptor_, answer.data(), answer.size(), MSG_DONTWAIT) ==
               static_cast<ssize_t>(answer.size()) &&
           answer[7] == 7;
  }

 private:
  int descriptor_;
};

TEST_CASE("out of descriptors the embedded broker rests, and goes on when there are some again") {
  Instance instance;
  (void)instance.up("embedded");
  const auto& servers = instance.bootstrap_servers();
  const auto port = static_cast<std::uint16_t>(std::stoi(servers.substr(servers.rfind(':') + 1)));
  const pid_t broker = instance.pid_of("broker");
  const Socket client;
  {
    const NoMoreDescriptors scarce(broker);
    client.connect(port);
    client.ask();
    const long before = cpu_ticks(broker);
    CHECK_FALSE(holds_within(Millis{1'000}, [&] { return client.answered(); }));
    // Trying again and again would have taken a whole core.
    CHECK(cpu_ticks(broker) - before < ::sysconf(_SC_CLK_TCK) / 2);
  }
  wait_until("the broker answers", [&] { return client.answered(); });
  const Shop shop(instance.http());
  const auto order = shop.place(shop.user("alice"), shop.new_product(100));
  CHECK(shop.await_end(order) == "DELIVERED");
}

}  // namespace
}  // namespace orderflow::testing
