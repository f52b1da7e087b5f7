#include "http-api/health/metrics_text.hpp"

namespace orderflow::http_api {

std::shared_ptr<const std::string> MetricsText::at(core::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (!text_ || now - period_begin_ >= kPeriod) {
    period_begin_ = now;
    renderings_ = 0;
  }
  if (renderings_ < kRenderingsMax) {
    ++renderings_;
    text_ = std::make_shared<const std::string>(render_());
  }
  return text_;
}

}  // namespace orderflow::http_api
