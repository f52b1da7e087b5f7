#pragma once

#include "core/values/time.hpp"

namespace orderflow::core {

// Whether the server has ended this idle connection, as far as this end can know without asking:
// the socket is closed, or holds the server's closing message. So a restarted database costs no
// caller an error.
[[nodiscard]] bool server_has_left(int socket);

enum class SocketWait { kReading, kWriting };  // Writing: or reading, whichever comes first.
enum class SocketState { kReady, kTimedOut, kBroken };

// Waits until the socket is ready, or its owner's deadline. A signal may end it early as ready.
[[nodiscard]] SocketState await_socket(int socket, SocketWait wait, SteadyTime deadline);

}  // namespace orderflow::core
