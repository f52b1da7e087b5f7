#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/values/time.hpp"

namespace orderflow::http_api {

// What GET /metrics answers. Rendering hundreds of kilobytes keeps an I/O thread from everybody
// else's requests, so that it is done a few times a second at most, however many ask; the others
// share what was rendered last, which is a second old at most. Any thread may ask.
class MetricsText {
 public:
  // More than those who should ask do: a Prometheus or two, and a person.
  static constexpr int kRenderingsMax = 5;

  explicit MetricsText(std::function<std::string()> render) : render_(std::move(render)) {}

  [[nodiscard]] std::shared_ptr<const std::string> at(core::SteadyTime now);

 private:
  const std::function<std::string()> render_;
  std::mutex mutex_;
  core::SteadyTime second_begin_;
  int renderings_ = 0;  // Within that second.
  std::shared_ptr<const std::string> text_;
};

}  // namespace orderflow::http_api
