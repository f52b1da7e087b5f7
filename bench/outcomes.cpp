#include "bench/outcomes.hpp"

#include <string>
#include <utility>

#include "bench/topic_log.hpp"
#include "core/values/failure.hpp"
#include "events/codec.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"

namespace orderflow::bench {
namespace {

constexpr core::Duration kPollTimeout = std::chrono::milliseconds{100};
constexpr std::size_t kOutcomesMax = 1000;

struct EndingNames {
  Ending ending;
  std::string event;
  std::string status;
};

const std::vector<EndingNames>& ending_names() {
  static const std::vector<EndingNames> names = {
      {Ending::kScheduled, events::wire_type_of_event("DeliveryScheduled"), "DELIVERY_SCHEDULED"},
      {Ending::kPaymentFailed, events::wire_type_of_event("PaymentFailed"), "PAYMENT_FAILED"},
      {Ending::kCancelled, events::wire_type_of_event("OrderCancelled"), "CANCELLED"},
      {Ending::kDelivered, events::wire_type_of_event("OrderDelivered"), "DELIVERED"},
  };
  return names;
}

}  // namespace

std::optional<Ending> ending_of_event(std::string_view wire_type) {
  for (const auto& name : ending_names()) {
    if (name.event == wire_type) return name.ending;
  }
  return std::nullopt;
}

std::optional<Ending> ending_of_status(std::string_view status) {
  for (const auto& name : ending_names()) {
    if (name.status == status) return name.ending;
  }
  return std::nullopt;
}

OutcomeWatch::OutcomeWatch(const core::Settings& settings, core::Logger& logger, Deliver deliver)
    : consumer_(core::kafka_options(settings, "orderflow-bench"), logger,
                events::Topics(settings.get(events::kTopicPrefix))[events::Topic::kOrdersEvents],
                "", nullptr),
      deliver_(std::move(deliver)) {
  start_at_end();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void OutcomeWatch::start_at_end() {
  consumer_.assign(log_ends(consumer_, await_partitions(consumer_)));
}

bool OutcomeWatch::take(core::Duration timeout, std::vector<Outcome>& outcomes) {
  const core::Polled polled = consumer_.poll(timeout);
  // A broker that forgot its log. Whatever is missed, the clients learn by asking the API.
  if (polled.outcome == core::PollOutcome::kOffsetLost) start_at_end();
  if (polled.outcome != core::PollOutcome::kMessage) return false;
  const auto ending = ending_of_event(polled.message->header("ce_type"));
  const auto order_id = ending ? core::Uuid::parse(polled.message->key()) : std::nullopt;
  if (order_id) outcomes.push_back({*order_id, *ending});
  return true;
}

void OutcomeWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      std::vector<Outcome> outcomes;
      bool more = take(kPollTimeout, outcomes);
      while (more && outcomes.size() < kOutcomesMax) more = take(core::Duration{0}, outcomes);
      if (!outcomes.empty()) deliver_(std::move(outcomes));
    } catch (const core::Unavailable&) {
      // The broker is away for now; the clients ask the API meanwhile.
      std::this_thread::sleep_for(kPollTimeout);
    }
  }
}

}  // namespace orderflow::bench
