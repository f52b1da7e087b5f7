#include "core/pg/socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace orderflow::core {

bool server_has_left(int socket) {
  // An immediate stop gives notice and then closes, so unread bytes say nothing about the end of
  // the stream: that is asked for by itself.
  pollfd about{socket, POLLIN | POLLRDHUP, 0};
  if (poll(&about, 1, 0) <= 0) return false;
  if ((about.revents & ~POLLIN) != 0) return true;
  // On an idle connection PostgreSQL speaks unasked only to give notice, to report a parameter, or
  // (an 'E') to say that it shuts down. Under TLS the byte means nothing and is no 'E' either:
  // record types are small numbers.
  char first = 0;
  return recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first == 'E';
}

SocketState await_socket(int socket, SocketWait wait, SteadyTime deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  // Asked before each wait: who sends a byte at a time gets no more time than others.
  if (left.count() <= 0) return SocketState::kTimedOut;
  const bool writing = wait == SocketWait::kWriting;
  pollfd wanted{socket, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0};
  const int ready = poll(&wanted, 1, static_cast<int>(left.count()));
  if (ready == 0) return SocketState::kTimedOut;
  return ready > 0 || errno == EINTR ? SocketState::kReady : SocketState::kBroken;
}

}  // namespace orderflow::core
