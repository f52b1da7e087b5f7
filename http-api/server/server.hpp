#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"
#include "http-api/server/dispatcher.hpp"

namespace orderflow::http_api {

// Every limit of a server, in one place.
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                            // 0: any free one
  std::string port_setting = "ORDERFLOW_HTTP_PORT";  // for the message when it is taken
  std::size_t threads = 1;
  std::size_t header_bytes_max = 16384;
  std::size_t body_bytes_max = 65536;
  std::size_t framing_bytes_max = 32768;  // of a chunked body, besides its data
  std::size_t connections_max = 10000;
  // Of bodies that the clients of one thread have not taken yet; one of a list is 1 MiB at most.
  std::size_t unsent_bytes_max = 67108864;
  core::Duration read_timeout = std::chrono::seconds{10};     // first byte to whole request
  core::Duration idle_timeout = std::chrono::seconds{60};     // between requests
  core::Duration request_timeout = std::chrono::seconds{10};  // handler
  core::Duration write_timeout = std::chrono::seconds{10};    // one answer, or one part of a stream
  core::Duration stop_timeout = std::chrono::seconds{5};      // for answers under way at the end
};

// With fewer connections than the settings ask for, which is logged, when this process may not open
// so many descriptors; throws BadConfiguration when it may open next to none.
[[nodiscard]] ServerOptions server_options(const core::Settings& settings, core::Logger& logger);

// An HTTP/1.1 server: N threads, each with its own io_context and its own connections, so that no
// connection needs a lock or a strand. One acceptor deals sockets out in turn. Requests of one
// connection are answered one after another (pipelining), each answer with a single write.
//
// Deadlines are checked by one coarse timer a thread (kTick in server.cpp), not by a timer a
// request. What breaks a limit is answered (408, 413, 414, 431, 503) and the connection closed. A
// connection beyond connections_max takes the place of one that is idle.
class Server {
 public:
  // `dispatcher` must outlive the server.
  Server(ServerOptions options, const Dispatcher& dispatcher, core::Logger& logger,
         core::Metrics& metrics);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and serves in the background. Throws core::BadConfiguration when the address cannot be
  // had; the message names the setting to mend.
  void start();

  // Accepts nothing more, ends idle connections, answers what was accepted, joins the threads.
  // Blocks at most stop_timeout; may be called twice.
  void stop();

  // The port it listens on, once started.
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::http_api
