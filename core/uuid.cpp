#include "core/uuid.hpp"

#include <algorithm>
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

constexpr std::uint64_t kOddConstant = 0x9e3779b97f4a7c15;

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
// 2014): each bit of the input changes about half of the result's.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
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

Uuid derived_uuid(const Uuid& base, std::string_view name) {
  std::uint64_t first = 0;
  std::uint64_t second = name.size();
  const auto absorb = [&](const void* bytes, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, size);
    first = mixed(first + word);
    second = mixed(second ^ (word * kOddConstant));
  };
  absorb(&base.bytes[0], 8);
  absorb(&base.bytes[8], 8);
  for (std::size_t at = 0; at < name.size(); at += 8) {
    absorb(name.data() + at, std::min<std::size_t>(8, name.size() - at));
  }
  Uuid id = base;
  std::memcpy(&id.bytes[6], &first, 2);
  std::memcpy(&id.bytes[8], &second, sizeof second);
  id.bytes[6] = static_cast<std::uint8_t>(0x80 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

}  // namespace orderflow::core

std::size_t std::hash<orderflow::core::Uuid>::operator()(
    const orderflow::core::Uuid& id) const noexcept {
  // The last eight bytes of a version 7 id are random, those of a derived one mixed.
  std::size_t value = 0;
  std::memcpy(&value, &id.bytes[8], sizeof value);
  return value ^ (static_cast<std::size_t>(id.bytes[5]) << 7) ^ id.bytes[0];
}
