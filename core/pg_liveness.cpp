#include "core/pg_liveness.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace orderflow::core {

bool server_has_left(int socket) {
  // On an idle connection PostgreSQL speaks unasked only to give notice, to report a parameter, or
  // (an 'E') to say that it shuts down. Under TLS the byte means nothing and is no 'E' either:
  // record types are small numbers.
  char first = 0;
  const auto bytes = recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (bytes > 0) return first == 'E';
  return bytes == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace orderflow::core
