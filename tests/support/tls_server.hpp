#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <string>
#include <thread>

namespace orderflow::testing {

// A server on a port of its own that speaks TLS with a certificate of its own making, and answers
// whatever a client sends with the same text, one client after the other.
class TlsServer {
 public:
  // `name`: for whom the certificate is.
  TlsServer(const std::string& name, std::string answer);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  // Whoever trusts it trusts the server.
  [[nodiscard]] const std::string& certificate_file() const { return certificate_file_; }

 private:
  void serve();

  std::string answer_;
  std::string certificate_file_;
  boost::asio::io_context context_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::jthread thread_;
};

}  // namespace orderflow::testing
