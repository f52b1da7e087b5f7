#include "core/observe/metrics.hpp"

#include <prometheus/text_serializer.h>

namespace orderflow::core {
namespace {

constexpr const char* kPrefix = "orderflow_";

template <typename Metric, typename Build>
prometheus::Family<Metric>& family(std::map<std::string, prometheus::Family<Metric>*>& known,
                                   prometheus::Registry& registry, Build build,
                                   const std::string& name, const std::string& help) {
  auto& slot = known[name];
  if (slot == nullptr) slot = &build().Name(kPrefix + name).Help(help).Register(registry);
  return *slot;
}

}  // namespace

Metrics::Metrics(std::string version) {
  gauge("build_info", "Constant 1, labelled with the version.", {{"version", std::move(version)}})
      .Set(1);
}

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                      const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  return family(counters_, registry_, prometheus::BuildCounter, name, help).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                                  const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  return family(gauges_, registry_, prometheus::BuildGauge, name, help).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const MetricLabels& labels,
                                          const std::vector<double>& bounds) {
  const std::lock_guard lock(mutex_);
  return family(histograms_, registry_, prometheus::BuildHistogram, name, help).Add(labels, bounds);
}

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

const std::vector<double>& Metrics::latency_bounds() {
  static const std::vector<double> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                           0.25,   0.5,   1,      2.5,   5,    10,    30};
  return kBounds;
}

const std::vector<double>& Metrics::size_bounds() {
  static const std::vector<double> kBounds{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
  return kBounds;
}

}  // namespace orderflow::core
