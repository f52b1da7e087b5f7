#pragma once

namespace orderflow::core {

// Whether the server has ended this idle connection, as far as this end can know without asking:
// the socket is closed, or holds the server's closing message. So a restarted database costs no
// caller an error.
[[nodiscard]] bool server_has_left(int socket);

}  // namespace orderflow::core
