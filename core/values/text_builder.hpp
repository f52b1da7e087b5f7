#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace orderflow::core {

// Text that grows at its end. A std::string keeps itself whole after each append; this one only has
// room, and is whole when it is taken: much less work for texts of many short pieces.
class TextBuilder {
 public:
  explicit TextBuilder(std::size_t usual_bytes) : text_(usual_bytes, '\0') {}
  TextBuilder(const TextBuilder&) = default;
  TextBuilder& operator=(const TextBuilder&) = default;
  // What was moved from is empty and can be written again.
  TextBuilder(TextBuilder&& other) noexcept
      : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {
    other.text_.clear();
  }
  TextBuilder& operator=(TextBuilder&& other) noexcept {
    text_ = std::move(other.text_);
    size_ = std::exchange(other.size_, 0);
    other.text_.clear();
    return *this;
  }

  // Room for that many bytes behind the text, to be written and then told by grow().
  [[nodiscard]] char* room(std::size_t bytes) {
    if (text_.size() - size_ < bytes) [[unlikely]]
      widen(bytes);
    return text_.data() + size_;
  }
  void grow(std::size_t bytes) { size_ += bytes; }

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void put(std::string_view piece) {
    if (piece.empty()) return;
    std::memcpy(room(piece.size()), piece.data(), piece.size());
    size_ += piece.size();
  }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

  [[nodiscard]] std::string take() {
    text_.resize(size_);
    size_ = 0;
    return std::exchange(text_, {});
  }

 private:
  [[gnu::noinline]] void widen(std::size_t bytes) {
    text_.resize(std::max(size_ + bytes, 2 * text_.size()));
  }

  std::string text_;
  std::size_t size_ = 0;
};

}  // namespace orderflow::core
