#include "tests/support/tls_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

namespace orderflow::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

template <typename T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* pointer) const { kFree(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

constexpr long kADay = 24L * 60 * 60;

Certificate certificate_for(const std::string& name, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kADay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kADay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const std::string common_name = "orderflow test";
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str());
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

}  // namespace

TlsServer::TlsServer(const std::string& name, std::string answer)
    : answer_(std::move(answer)),
      tls_(asio::ssl::context::tls_server),
      acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = certificate_for(name, key.get());
  SSL_CTX_use_certificate(tls_.native_handle(), certificate.get());
  SSL_CTX_use_PrivateKey(tls_.native_handle(), key.get());
  certificate_file_ = (std::filesystem::temp_directory_path() /
                       ("orderflow-test-" + std::to_string(::getpid()) + ".pem"))
                          .string();
  std::FILE* file = std::fopen(certificate_file_.c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
  thread_ = std::jthread([this] { serve(); });
}

TlsServer::~TlsServer() {
  // Wakes accept(), which close() would not.
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  thread_.join();
  std::filesystem::remove(certificate_file_);
}

void TlsServer::serve() {
  while (true) {
    asio::ssl::stream<tcp::socket> stream(context_, tls_);
    boost::system::error_code failure;
    acceptor_.accept(stream.lowest_layer(), failure);
    if (failure) return;
    stream.handshake(asio::ssl::stream_base::server, failure);
    std::array<char, 4096> heard{};
    if (!failure) stream.read_some(asio::buffer(heard), failure);
    if (!failure) asio::write(stream, asio::buffer(answer_), failure);
  }
}

}  // namespace orderflow::testing
