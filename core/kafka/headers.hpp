#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/values/text_builder.hpp"

namespace orderflow::core {

// The headers of a message to send: pairs of names and values, in order, names may repeat.
//
// All of them share one piece of memory. A message has about ten, and as strings of their own they
// cost more than everything else about it.
class OutgoingHeaders {
  struct Sizes {
    std::uint32_t name;
    std::uint32_t value;
  };

 public:
  class Iterator {
   public:
    Iterator(const char* text, const Sizes* sizes) : text_(text), sizes_(sizes) {}
    std::pair<std::string_view, std::string_view> operator*() const {
      return {{text_, sizes_->name}, {text_ + sizes_->name, sizes_->value}};
    }
    Iterator& operator++() {
      text_ += sizes_->name + sizes_->value;
      ++sizes_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return sizes_ == other.sizes_; }

   private:
    const char* text_;
    const Sizes* sizes_;
  };

  OutgoingHeaders() : text_(kUsualBytes) { sizes_.reserve(kUsualCount); }

  OutgoingHeaders& add(std::string_view name, std::string_view value) {
    text_.put(name);
    text_.put(value);
    sizes_.push_back(
        {static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return sizes_.size(); }
  [[nodiscard]] Iterator begin() const { return {text_.view().data(), sizes_.data()}; }
  [[nodiscard]] Iterator end() const { return {nullptr, sizes_.data() + sizes_.size()}; }

 private:
  static constexpr std::size_t kUsualBytes = 480;
  static constexpr std::size_t kUsualCount = 11;

  TextBuilder text_;
  std::vector<Sizes> sizes_;
};

}  // namespace orderflow::core
