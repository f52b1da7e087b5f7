#include "compose/port.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace orderflow::compose {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// The reason why the port cannot be bound; 0 when it can.
int bind_error(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  const Addresses address(found, &::freeaddrinfo);
  const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  // As every server here does, so that the connections of one that has just ended are not in the
  // way.
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error = ::bind(socket, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
  ::close(socket);
  return error;
}

}  // namespace

bool is_port_taken(const std::string& host, std::uint16_t port) {
  const int error = bind_error(host, port);
  const bool without_ipv6 = error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
  if (host == kEveryAddress && without_ipv6) return bind_error("0.0.0.0", port) == EADDRINUSE;
  return error == EADDRINUSE;
}

}  // namespace orderflow::compose
