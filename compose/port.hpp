// Whether a server could take a port of this machine. Asked of the kernel by binding it, as the
// server will: the outgoing connection of another program may hold a port on which nobody listens.
#pragma once

#include <cstdint>
#include <string>

namespace orderflow::compose {

// Stands for every address of this machine, of IPv6 too where there is any.
inline constexpr const char* kEveryAddress = "::";

// Only of what is in use: an address that this machine has not is for the server to complain about.
[[nodiscard]] bool is_port_taken(const std::string& host, std::uint16_t port);

}  // namespace orderflow::compose
