#pragma once

#include <string>

#include "core/observe/metrics.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// What an owner loop counts, looked up once.
struct LoopMetrics {
  LoopMetrics(core::Metrics& metrics, const std::string& role, const std::string& topic)
      : LoopMetrics(metrics, {{"role", role}}, {{"role", role}, {"topic", topic}}, role) {}

  prometheus::Counter& grants;
  prometheus::Counter& fenced;
  prometheus::Counter& offsets_lost;
  prometheus::Gauge& lag;
  prometheus::Gauge& oldest_seconds;
  prometheus::Gauge& dead_letters;
  prometheus::Histogram& batch_size;
  prometheus::Histogram& batch_duration;

  // A batch has been handled; `messages` is 0 when only wake-ups were due.
  void batch(std::chrono::duration<double> took, std::size_t messages) {
    batch_duration.Observe(took.count());
    if (messages > 0) batch_size.Observe(static_cast<double>(messages));
  }
  // What another owner may show now, this one must not.
  void owns_nothing() {
    waiting(0, core::Duration{0});
    dead_letters.Set(0);
  }
  void waiting(std::int64_t messages, std::chrono::duration<double> oldest) {
    lag.Set(static_cast<double>(messages));
    oldest_seconds.Set(oldest.count());
  }

 private:
  LoopMetrics(core::Metrics& metrics, const core::MetricLabels& role,
              const core::MetricLabels& topic, const std::string& source);
};

}  // namespace orderflow::consumers
