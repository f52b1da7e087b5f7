#include "core/pg/params.hpp"

#include <array>
#include <cassert>
#include <cstdlib>

namespace orderflow::core {
namespace {

template <typename Int>
void put_big_endian(char* at, Int value) {
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    const auto shift = 8 * (sizeof(Int) - 1 - i);
    at[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
  }
}

template <typename Int>
void append_big_endian(std::string& out, Int value) {
  std::array<char, sizeof(Int)> bytes;
  put_big_endian(bytes.data(), value);
  out.append(bytes.data(), bytes.size());
}

template <typename Int>
std::string big_endian(Int value) {
  std::string out;
  append_big_endian(out, value);
  return out;
}

std::uint32_t array_oid(PgType element) {
  switch (element) {
    case PgType::kBool: return 1000;
    case PgType::kBytea: return 1001;
    case PgType::kInt4: return 1007;
    case PgType::kText: return 1009;
    case PgType::kInt8: return 1016;
    case PgType::kTimestamptz: return 1185;
    case PgType::kUuid: return 2951;
    case PgType::kJsonb: return 3807;
  }
  std::abort();
}

constexpr char kJsonbVersion = 1;

std::string_view bytes_of(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace

void PgArray::add_null() {
  append_big_endian<std::int32_t>(elements_, -1);
  has_null_ = true;
  ++count_;
}

void PgArray::add(bool value) {
  assert(element_ == PgType::kBool);
  append_big_endian<std::int32_t>(elements_, 1);
  elements_.push_back(value ? 1 : 0);
  ++count_;
}

void PgArray::add(std::int32_t value) {
  assert(element_ == PgType::kInt4);
  append_big_endian<std::int32_t>(elements_, 4);
  append_big_endian(elements_, value);
  ++count_;
}

void PgArray::add(std::int64_t value) {
  assert(element_ == PgType::kInt8);
  append_big_endian<std::int32_t>(elements_, 8);
  append_big_endian(elements_, value);
  ++count_;
}

void PgArray::add(const Uuid& value) {
  assert(element_ == PgType::kUuid);
  append_big_endian<std::int32_t>(elements_, 16);
  elements_.append(bytes_of(value));
  ++count_;
}

void PgArray::add(Time value) {
  assert(element_ == PgType::kTimestamptz);
  append_big_endian<std::int32_t>(elements_, 8);
  append_big_endian<std::int64_t>(elements_, (value - kPgEpoch).count());
  ++count_;
}

void PgArray::add(std::string_view value) {
  const bool jsonb = element_ == PgType::kJsonb;
  append_big_endian(elements_, static_cast<std::int32_t>(value.size() + (jsonb ? 1 : 0)));
  if (jsonb) elements_.push_back(kJsonbVersion);
  elements_.append(value);
  ++count_;
}

std::string PgArray::encode() const {
  std::string out;
  out.reserve(20 + elements_.size());
  append_big_endian<std::int32_t>(out, count_ == 0 ? 0 : 1);  // dimensions
  append_big_endian<std::int32_t>(out, has_null_ ? 1 : 0);
  append_big_endian(out, static_cast<std::uint32_t>(element_));
  if (count_ > 0) {
    append_big_endian(out, count_);
    append_big_endian<std::int32_t>(out, 1);  // lower bound
    out.append(elements_);
  }
  return out;
}

namespace {

// Of an array: dimensions, whether it has nulls, the elements' type, how many, the first one's
// number.
constexpr std::size_t kHeaderSize = 5 * sizeof(std::int32_t);

}  // namespace

PgRows::PgRows(const char* type, int columns)
    : type_(type), columns_(columns), fields_(columns), bytes_(kHeaderSize, '\0') {}

PgRows& PgRows::row() {
  end_row();
  row_begins_ = bytes_.size();
  append_big_endian<std::int32_t>(bytes_, 0);  // Its size, once it is known.
  append_big_endian(bytes_, columns_);
  fields_ = 0;
  ++count_;
  return *this;
}

void PgRows::end_row() {
  if (fields_ != columns_) std::abort();
  if (count_ == 0) return;
  const auto size = bytes_.size() - row_begins_ - sizeof(std::int32_t);
  put_big_endian(&bytes_[row_begins_], static_cast<std::int32_t>(size));
}

void PgRows::field(PgType type, std::int32_t size) {
  std::array<char, 8> head;
  put_big_endian(head.data(), static_cast<std::uint32_t>(type));
  put_big_endian(head.data() + 4, size);
  bytes_.append(head.data(), head.size());
  ++fields_;
}

// A value whose size is its type's, in one go.
template <typename Int>
PgRows& PgRows::fixed(PgType type, Int value) {
  std::array<char, 8 + sizeof(Int)> all;
  put_big_endian(all.data(), static_cast<std::uint32_t>(type));
  put_big_endian(all.data() + 4, static_cast<std::int32_t>(sizeof(Int)));
  put_big_endian(all.data() + 8, value);
  bytes_.append(all.data(), all.size());
  ++fields_;
  return *this;
}

PgRows& PgRows::add(bool value) { return fixed<std::uint8_t>(PgType::kBool, value ? 1 : 0); }
PgRows& PgRows::add(std::int32_t value) { return fixed(PgType::kInt4, value); }
PgRows& PgRows::add(std::int64_t value) { return fixed(PgType::kInt8, value); }
PgRows& PgRows::add(Time value) {
  return fixed<std::int64_t>(PgType::kTimestamptz, (value - kPgEpoch).count());
}

PgRows& PgRows::add(const Uuid& value) {
  field(PgType::kUuid, 16);
  bytes_.append(bytes_of(value));
  return *this;
}

PgRows& PgRows::add(std::string_view text) {
  field(PgType::kText, static_cast<std::int32_t>(text.size()));
  bytes_.append(text);
  return *this;
}

PgRows& PgRows::add(PgJson value) {
  field(PgType::kJsonb, static_cast<std::int32_t>(value.text.size() + 1));
  bytes_.push_back(kJsonbVersion);
  bytes_.append(value.text);
  return *this;
}

PgRows& PgRows::add_null(PgType type) {
  field(type, -1);
  return *this;
}

std::string PgRows::encode() && {
  end_row();
  put_big_endian<std::int32_t>(&bytes_[0], count_ == 0 ? 0 : 1);
  put_big_endian(&bytes_[12], count_);
  put_big_endian<std::int32_t>(&bytes_[16], 1);
  if (count_ == 0) bytes_.resize(kHeaderSize - 2 * sizeof(std::int32_t));
  return std::move(bytes_);
}

PgParams& PgParams::push(std::uint32_t oid, std::optional<std::string> value) {
  oids_.push_back(oid);
  values_.push_back(std::move(value));
  return *this;
}

PgParams& PgParams::null(PgType type) {
  return push(static_cast<std::uint32_t>(type), std::nullopt);
}
PgParams& PgParams::boolean(bool value) {
  return push(static_cast<std::uint32_t>(PgType::kBool), std::string(1, value ? '\1' : '\0'));
}
PgParams& PgParams::int4(std::int32_t value) {
  return push(static_cast<std::uint32_t>(PgType::kInt4), big_endian(value));
}
PgParams& PgParams::int8(std::int64_t value) {
  return push(static_cast<std::uint32_t>(PgType::kInt8), big_endian(value));
}
PgParams& PgParams::uuid(const Uuid& value) {
  return push(static_cast<std::uint32_t>(PgType::kUuid), std::string(bytes_of(value)));
}
PgParams& PgParams::time(Time value) {
  return push(static_cast<std::uint32_t>(PgType::kTimestamptz),
              big_endian<std::int64_t>((value - kPgEpoch).count()));
}
PgParams& PgParams::text(std::string_view value) {
  return push(static_cast<std::uint32_t>(PgType::kText), std::string(value));
}
PgParams& PgParams::bytea(std::string_view value) {
  return push(static_cast<std::uint32_t>(PgType::kBytea), std::string(value));
}
PgParams& PgParams::jsonb(std::string_view value) {
  return push(static_cast<std::uint32_t>(PgType::kJsonb), kJsonbVersion + std::string(value));
}
PgParams& PgParams::array(const PgArray& value) {
  return push(array_oid(value.element()), value.encode());
}
PgParams& PgParams::rows(PgRows value) {
  rows_.push_back({values_.size(), value.type_});
  return push(0, std::move(value).encode());  // The statement's text says which type it is.
}

void PgParams::fill_in(std::size_t rows, std::uint32_t type) const {
  constexpr std::size_t kTypeAt = 2 * sizeof(std::int32_t);
  put_big_endian(&(*values_[rows_[rows].index])[kTypeAt], type);
}

}  // namespace orderflow::core
