#include "core/values/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

namespace orderflow::core {
namespace {

// Looked up once: OpenSSL takes locks for each look-up. Never given back.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

}  // namespace

std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  unsigned int length = 0;
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  const int done = EVP_Digest(text.data(), text.size(), bytes, &length, sha256_method(), nullptr);
  if (done != 1 || length != out.size()) std::abort();  // OpenSSL without SHA-256 cannot be.
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view text) { return to_hex(sha256(text)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  // Digests have one length, so neither content nor length of the secret shows.
  const std::string left = sha256(a);
  const std::string right = sha256(b);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace orderflow::core
