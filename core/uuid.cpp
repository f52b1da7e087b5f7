#include "core/uuid.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <chrono>
#include <cstring>
#include <random>

namespace orderflow::core {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

Uuid::Text Uuid::text() const {
  Text text{};
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    if (is_dash_position(at)) text.chars[at++] = '-';
    text.chars[at++] = kHexDigits[byte >> 4];
    text.chars[at++] = kHexDigits[byte & 15];
  }
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t at = 0;
  for (std::uint8_t& byte : id.bytes) {
    if (is_dash_position(at) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>((high << 4) | low);
    at += 2;
  }
  return id;
}

Uuid new_uuid_v7() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  thread_local std::uint64_t last_ms = 0;
  thread_local std::uint32_t counter = 0;  // 12 bits that keep ids of one millisecond in order.

  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (ms > last_ms) {
    counter = static_cast<std::uint32_t>(random() & 0x7ff);
  } else {
    ms = last_ms;
    if (++counter > 0xfff) {
      ++ms;
      counter = 0;
    }
  }
  last_ms = ms;

  Uuid id;
  for (int i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (counter >> 8));
  id.bytes[7] = static_cast<std::uint8_t>(counter);
  const std::uint64_t tail = random();
  std::memcpy(&id.bytes[8], &tail, sizeof tail);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

Uuid uuid_v5(const Uuid& name_space, std::string_view name) {
  boost::uuids::uuid space;
  std::memcpy(space.data, name_space.bytes.data(), name_space.bytes.size());
  boost::uuids::name_generator_sha1 generate(space);
  const boost::uuids::uuid made = generate(name.data(), name.size());
  Uuid id;
  std::memcpy(id.bytes.data(), made.data, id.bytes.size());
  return id;
}

}  // namespace orderflow::core

std::size_t std::hash<orderflow::core::Uuid>::operator()(
    const orderflow::core::Uuid& id) const noexcept {
  // The last eight bytes of a version 7 id are random, those of a version 5 id a digest.
  std::size_t value = 0;
  std::memcpy(&value, &id.bytes[8], sizeof value);
  return value ^ (static_cast<std::size_t>(id.bytes[5]) << 7) ^ id.bytes[0];
}
