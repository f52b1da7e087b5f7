#include "consumers/sagas/unreadable_sagas.hpp"

namespace orderflow::consumers {

using core::Uuid;

namespace {

constexpr const char* kUnreadableComponent = "orchestrator unreadable sagas";
constexpr std::size_t kNamedMax = 5;

}  // namespace

UnreadableSagas::UnreadableSagas(core::Logger& logger, core::Metrics& metrics, core::Health& health)
    : logger_(logger),
      gauge_(
          metrics.gauge("sagas_unreadable", "Sagas left out because nobody can read their row.")),
      health_(health) {
  show();
}

// An owner that leaves some out is ready: it goes on with all other orders.
void UnreadableSagas::show() {
  gauge_.Set(static_cast<double>(sagas_.size()));
  if (sagas_.empty()) return health_.set(kUnreadableComponent, true);
  std::string detail = "sagas left out until their rows in orders.sagas are mended: " +
                       std::to_string(sagas_.size()) + " (";
  std::size_t named = 0;
  for (const auto& [id, known] : sagas_) {
    if (named == kNamedMax) {
      detail += ", …";
      break;
    }
    detail.append(named++ == 0 ? "" : ", ").append(id.to_string());
  }
  health_.set(kUnreadableComponent, true,
              detail + "); of the first, " + sagas_.begin()->second.why);
}

void UnreadableSagas::add(const saga::UnreadableSaga& saga, std::int32_t partition, Time now) {
  if (contains(saga.order_id()) || sagas_.size() >= kRememberedMax) return;
  if (sagas_.empty()) next_look_ = now + kLookInterval;
  sagas_.emplace(saga.order_id(), Known{partition, saga.why()});
  logger_.error("a saga cannot be read, and is left out until its row is mended",
                {{"order_id", saga.order_id().to_string()}, {"reason", saga.why()}});
  show();
}

void UnreadableSagas::remove(const Uuid& order_id) {
  if (sagas_.erase(order_id) == 0) return;
  logger_.info("a saga that could not be read goes on", {{"order_id", order_id.to_string()}});
  show();
}

void UnreadableSagas::drop(const std::set<std::int32_t>& partitions) {
  std::erase_if(sagas_,
                [&](const auto& entry) { return partitions.contains(entry.second.partition); });
  show();
}

std::vector<Uuid> UnreadableSagas::order_ids() const {
  std::vector<Uuid> ids;
  ids.reserve(sagas_.size());
  for (const auto& [id, known] : sagas_) ids.push_back(id);
  return ids;
}

void UnreadableSagas::look_again(const Batch& batch, std::vector<SagaBatch::Pending>& inputs) {
  if (batch.now < next()) return;
  next_look_ = batch.now + kLookInterval;
  for (const auto& [id, known] : sagas_) {
    if (batch.grants.contains(known.partition) && !batch.stuck.contains(known.partition)) {
      inputs.push_back({id, saga::Wake{}});
    }
  }
}

}  // namespace orderflow::consumers
