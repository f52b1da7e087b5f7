#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

// Who waits for a peer behind an open breaker, and who may ask it next. While the breaker is open:
// one after the other, round robin, so that one request the peer never answers does not hide its
// recovery. Once it is closed: in batches, the next when the last of a batch is answered or an
// interval has passed, so that the peer is not met by all of them at once.
//
// Logarithmic in the number of ids that wait, which the caller bounds. No I/O, the clock is passed
// in; one thread.
class ProbeQueue {
 public:
  static constexpr std::size_t kBatch = 100;

  // Whether an id can ask at present; one that cannot keeps its place.
  using CanAsk = std::function<bool(const Uuid&)>;

  explicit ProbeQueue(Duration interval) : interval_(interval) {}

  void add(const Uuid& id) { waiting_.insert(id); }
  // Answered, or not waiting any more.
  void remove(const Uuid& id);
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

  // The breaker is open: the one to probe, if any can.
  [[nodiscard]] std::optional<Uuid> next(const CanAsk& can_ask);

  // The breaker has closed: all that wait now are to ask. Or it is open again: none.
  void release(Time now);
  void hold();
  // When the next batch is due; Time::max(): all that were released have asked.
  [[nodiscard]] Time next_batch() const { return next_batch_; }
  [[nodiscard]] std::vector<Uuid> take_batch(Time now, const CanAsk& can_ask);
  // When the batch was taken of which some are not answered yet.
  [[nodiscard]] std::optional<Time> batch_under_way() const;

 private:
  Duration interval_;
  std::set<Uuid> waiting_;
  Uuid last_probe_;
  std::set<Uuid> released_;         // In a later batch.
  std::unordered_set<Uuid> batch_;  // Asked, not answered yet.
  Time batch_began_{};
  Time next_batch_ = Time::max();
};

}  // namespace orderflow::core
