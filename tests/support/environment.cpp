#include "tests/support/environment.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "tools/all_settings.hpp"

namespace orderflow::testing {
namespace {

constexpr int kFirstPort = 20'000;
constexpr int kBlocks = 700;  // Up to 31200; the kernel's own ports begin at 32768.

bool is_free(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound =
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return bound;
}

bool all_free(std::uint16_t first) {
  for (int i = 0; i < PortBlock::kSize; ++i) {
    if (!is_free(static_cast<std::uint16_t>(first + i))) return false;
  }
  return true;
}

}  // namespace

std::string required_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    FAIL(name << " is not set; run the tests with `./orderflow test`, which sets it");
  }
  return value;
}

Environment neutral_environment() {
  Environment environment = core::process_environment();
  for (const auto& setting : tools::all_settings().settings) {
    environment.erase(std::string(setting.name()));
    environment.erase(std::string(setting.name()) + "_FILE");
  }
  std::erase_if(environment, [](const auto& entry) {
    return entry.first.starts_with("ORDERFLOW_") || entry.first.starts_with("PG");
  });
  return environment;
}

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / ("orderflow-" + name + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) FAIL("cannot create " << pattern);
  path_ = pattern;
  // Servers that run as another user must be able to pass through.
  std::filesystem::permissions(path_, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
}

TemporaryFolder::~TemporaryFolder() {
  if (std::getenv("ORDERFLOW_TEST_KEEP") != nullptr) return;
  std::error_code ignored;  // A leftover in the temporary folder harms nobody.
  std::filesystem::remove_all(path_, ignored);
}

PortBlock::PortBlock() {
  const int start = static_cast<int>(::getpid()) % kBlocks;
  for (int i = 0; i < kBlocks; ++i) {
    const int block = (start + i) % kBlocks;
    const auto name = std::filesystem::temp_directory_path() /
                      ("orderflow-test-ports-" + std::to_string(block) + ".lock");
    lock_ = ::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (lock_ < 0) continue;
    first_ = static_cast<std::uint16_t>(kFirstPort + block * kSize);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0 && all_free(first_)) return;
    ::close(lock_);
  }
  FAIL("no sixteen free neighbouring ports between 20000 and 31200");
}

PortBlock::~PortBlock() { ::close(lock_); }

std::uint16_t PortBlock::port(int index) const {
  return static_cast<std::uint16_t>(first_ + index);
}

std::string unprivileged_user() {
  if (::geteuid() != 0) return {};
  return ::getpwnam("postgres") != nullptr ? "postgres" : "nobody";
}

}  // namespace orderflow::testing
