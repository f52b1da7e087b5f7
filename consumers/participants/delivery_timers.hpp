#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "consumers/participants/report_window.hpp"
#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/due_timers.hpp"
#include "consumers/runtime/overdue_scan.hpp"
#include "consumers/runtime/rotation.hpp"
#include "core/net/round_trip.hpp"
#include "core/observe/metrics.hpp"
#include "domain/delivery/delivery.hpp"

namespace orderflow::consumers {

// When the deliveries of the owned partitions are due though no message comes: for the carrier's
// next step, or for their report to be repeated. In memory up to a limit; the scan for overdue rows
// finds the others. Reports are repeated after twice the usual time to their acknowledgement, and
// few of them while there is none.
//
// Owned by the delivery handler; the owner loop's thread.
class DeliveryTimers {
 public:
  struct Limits {
    std::size_t timers;               // In memory.
    std::size_t due;                  // Fired in one transaction.
    core::Duration overdue_interval;  // Of the scan, at least.
  };
  using DueByPartition = std::map<std::int32_t, std::vector<core::Uuid>>;

  DeliveryTimers(Limits limits, domain::DeliveryPolicy policy, core::Metrics& metrics);

  void granted(const Grants& fresh, const Grants& all, std::int32_t partition_count,
               core::PgSession& session);
  void dropped(const std::set<std::int32_t>& partitions);
  [[nodiscard]] bool owns(std::int32_t partition) const { return owned_.contains(partition); }

  // A batch begins: policy() adapts to acknowledgements, timers of stuck partitions wait.
  void begin(const Batch& batch);
  // As configured, but for the time until a report is repeated.
  [[nodiscard]] const domain::DeliveryPolicy& policy() const { return policy_; }
  // Those that are due, as many as may be reported. They stay due until set() says otherwise.
  [[nodiscard]] DueByPartition due(const Batch& batch, core::PgSession& session);

  void report_sent(Time now) { report_window_.sent(now); }
  void acknowledged() { report_window_.acknowledged(); }
  // The first acknowledgement of a report came so long after the delivery.
  void acknowledged_after(core::Duration took) { acknowledgements_.sample(took); }

  // After a commit; Time::max(): nothing is due any more.
  void set(std::int32_t partition, const core::Uuid& id, Time due);
  void show_count();

  // When a batch is worth its transaction: kGather after the first became due. A stuck partition is
  // asked about again with the next reading of overdue rows.
  [[nodiscard]] Time next() const;
  // Beyond kGather.
  [[nodiscard]] core::Duration overdue(Time now) const {
    return std::max(core::Duration{0}, timers_.overdue(now) - kGather);
  }

  // How long the first delivery that is due waits for others: a report is three transactions and
  // four messages, and ten reports that travel together are three transactions too.
  static constexpr core::Duration kGather = std::chrono::milliseconds{50};

 private:
  void read_overdue(const Batch& batch, core::PgSession& session);

  Limits limits_;
  domain::DeliveryPolicy configured_;
  domain::DeliveryPolicy policy_;
  core::RoundTrip acknowledgements_;
  ReportWindow report_window_;
  prometheus::Gauge& gauge_;
  std::set<std::int32_t> owned_;
  std::set<std::int32_t> stuck_;  // As of the last batch.
  DueTimers timers_;
  Rotation rotation_;
  OverdueScan overdue_;
};

}  // namespace orderflow::consumers
