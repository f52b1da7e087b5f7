#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace orderflow::core {

using MetricLabels = std::map<std::string, std::string>;

// The metrics of one process, served as Prometheus text. Names are given without the `orderflow_`
// prefix. Asking twice for the same name and labels gives the same object; it lives as long as the
// Metrics, so hot paths ask once and keep the reference. Safe from any thread.
class Metrics {
 public:
  explicit Metrics(std::string version);

  prometheus::Counter& counter(const std::string& name, const std::string& help,
                               const MetricLabels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                           const MetricLabels& labels = {});
  prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                   const MetricLabels& labels, const std::vector<double>& bounds);

  // Text exposition format 0.0.4.
  [[nodiscard]] std::string render() const;

  // Bounds in seconds from half a millisecond to half a minute.
  static const std::vector<double>& latency_bounds();
  // Bounds for counts from 1 to 5,000.
  static const std::vector<double>& size_bounds();

 private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters_;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges_;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms_;
};

}  // namespace orderflow::core
