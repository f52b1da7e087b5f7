#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
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

// The partitioner chooses: murmur2 of the key over as many partitions as the topic has.
inline constexpr std::int32_t kAnyPartition = -1;

// A message to send, whatever carries it.
struct OutgoingMessage {
  std::string topic;
  std::string key;
  std::string body;
  OutgoingHeaders headers;
  std::int32_t partition = kAnyPartition;
};

// The headers of a received message, wherever they are: the last one of a name, empty when there is
// none. A view: the message, whose `header(const char* name)` it asks, must outlive it.
class HeaderView {
 public:
  template <typename Message>
    requires requires(const Message& message, const char* name) {
      { message.header(name) } -> std::convertible_to<std::string_view>;
    }
  HeaderView(const Message& message)  // NOLINT(google-explicit-constructor): it is a view of it.
      : message_(&message), find_([](const void* of, const char* name) -> std::string_view {
          return static_cast<const Message*>(of)->header(name);
        }) {}

  [[nodiscard]] std::string_view operator[](const char* name) const {
    return find_(message_, name);
  }

 private:
  const void* message_;
  std::string_view (*find_)(const void* message, const char* name);
};

}  // namespace orderflow::core
