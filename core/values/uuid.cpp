#include "core/values/uuid.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "core/values/mixing.hpp"
#include "core/values/random.hpp"

namespace orderflow::core {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xff;

// Both digits of each byte.
constexpr auto kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  }
  return pairs;
}();

// What each character is worth; kNoDigit: nothing.
constexpr auto kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t value = 0; value < 16; ++value) {
    values[static_cast<unsigned char>(kHexDigits[value])] = value;
    values[static_cast<unsigned char>("0123456789ABCDEF"[value])] = value;
  }
  return values;
}();

// Where in the text the digits of each byte begin.
constexpr std::array<std::uint8_t, 16> kBytePositions = {0,  2,  4,  6,  9,  11, 14, 16,
                                                         19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::array<std::uint8_t, 4> kDashPositions = {8, 13, 18, 23};

constexpr int kTimeBytes = 6;

Uuid beginning_with(std::uint64_t ms) {
  Uuid id;
  for (int i = 0; i < kTimeBytes; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (kTimeBytes - 1 - i)));
  }
  return id;
}

}  // namespace

Uuid::Text Uuid::text() const {
  Text text{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::memcpy(&text.chars[kBytePositions[i]], kHexPairs[bytes[i]].data(), 2);
  }
  for (const auto at : kDashPositions) text.chars[at] = '-';
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::uint8_t wrong = 0;  // A digit is worth at most 15: only kNoDigit has higher bits.
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const auto high = kHexValues[static_cast<unsigned char>(text[kBytePositions[i]])];
    const auto low = kHexValues[static_cast<unsigned char>(text[kBytePositions[i] + 1])];
    wrong |= static_cast<std::uint8_t>((high | low) & 0xf0);
    id.bytes[i] = static_cast<std::uint8_t>((high << 4) | low);
  }
  for (const auto at : kDashPositions) wrong |= static_cast<std::uint8_t>(text[at] ^ '-');
  if (wrong != 0) return std::nullopt;
  return id;
}

Uuid new_uuid_v7() {
  thread_local std::uint64_t last_ms = 0;
  thread_local std::uint32_t counter = 0;  // 12 bits that keep ids of one millisecond in order.

  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (ms > last_ms) {
    counter = static_cast<std::uint32_t>(random_bits() & 0x7ff);
  } else {
    ms = last_ms;
    if (++counter > 0xfff) {
      ++ms;
      counter = 0;
    }
  }
  last_ms = ms;

  Uuid id = beginning_with(ms);
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (counter >> 8));
  id.bytes[7] = static_cast<std::uint8_t>(counter);
  const std::uint64_t tail = random_bits();
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
    second = mixed(second ^ (word * kGoldenGamma));
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

Time time_of(const Uuid& id) {
  std::uint64_t ms = 0;
  for (int i = 0; i < kTimeBytes; ++i) ms = (ms << 8) | id.bytes[i];
  return Time{std::chrono::milliseconds(static_cast<std::int64_t>(ms))};
}

Uuid first_uuid_of(Time time) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return beginning_with(static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)));
}

}  // namespace orderflow::core

std::size_t std::hash<orderflow::core::Uuid>::operator()(
    const orderflow::core::Uuid& id) const noexcept {
  // The last eight bytes of a version 7 id are random, those of a derived one mixed.
  std::size_t value = 0;
  std::memcpy(&value, &id.bytes[8], sizeof value);
  return value ^ (static_cast<std::size_t>(id.bytes[5]) << 7) ^ id.bytes[0];
}
