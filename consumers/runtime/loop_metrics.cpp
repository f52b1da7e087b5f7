#include "consumers/runtime/loop_metrics.hpp"

namespace orderflow::consumers {

LoopMetrics::LoopMetrics(core::Metrics& metrics, const core::MetricLabels& role,
                         const core::MetricLabels& topic, const std::string& source)
    : grants(metrics.counter("partition_grants_total", "Partitions granted to an owner.", role)),
      fenced(metrics.counter("partition_fenced_total",
                             "Transactions refused because another owner was granted.", role)),
      offsets_lost(metrics.counter("consumer_offsets_lost_total",
                                   "Times the broker had forgotten the stored offset.", topic)),
      lag(metrics.gauge("consumer_lag", "Messages not handled yet.", topic)),
      oldest_seconds(metrics.gauge("consumer_oldest_seconds",
                                   "Age of the oldest message read but not handled.", topic)),
      dead_letters(metrics.gauge("dead_letters", "Dead letters waiting for a person.",
                                 {{"source", source}})),
      batch_size(metrics.histogram("consumer_batch_size", "Messages in a transaction.", topic,
                                   core::Metrics::size_bounds())),
      batch_duration(metrics.histogram("consumer_batch_duration_seconds",
                                       "Decide, commit and publish of one batch.", topic,
                                       core::Metrics::latency_bounds())) {}

}  // namespace orderflow::consumers
