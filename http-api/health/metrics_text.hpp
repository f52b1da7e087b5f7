#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/values/time.hpp"

namespace orderflow::http_api {

// What GET /metrics answers. Rendering hundreds of kilobytes keeps an I/O thread from everybody
// else's requests, so that it is done a few times in kPeriod at most, however many ask; the others
// share what was rendered last, which is no older than that. Any thread may ask.
class MetricsText {
 public:
  // More than those who should ask do: a Prometheus or two, and a person.
  static constexpr int kRenderingsMax = 4;
  static constexpr core::Duration kPeriod = std::chrono::milliseconds{100};

  explicit MetricsText(std::function<std::string()> render) : render_(std::move(render)) {}

  [[nodiscard]] std::shared_ptr<const std::string> at(core::SteadyTime now);

 private:
  const std::function<std::string()> render_;
  std::mutex mutex_;
  core::SteadyTime period_begin_;
  int renderings_ = 0;  // Since then.
  std::shared_ptr<const std::string> text_;
};

}  // namespace orderflow::http_api
