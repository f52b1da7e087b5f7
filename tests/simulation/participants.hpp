#pragma once

#include <map>
#include <set>
#include <vector>

#include "consumers/runtime/due_timers.hpp"
#include "domain/simulation.hpp"
#include "tests/simulation/context.hpp"
#include "tests/simulation/handler.hpp"

namespace orderflow::simulation {

// What the seed has in store for one order. Everything else that happens to it, happens by faults.
struct Script {
  bool draft = false;
  double payment_refused = 0;  // Share of this order's captures, final for each.
  double delivery_refused = 0;
  bool payment_broken = false;  // Never answers again, or always fails; undo and refunds included.
  bool delivery_broken = false;
  bool broken_is_silent = false;
};

// The share of misfortune a participant and its network bring to one command.
class SimulatedOutcomes {
 public:
  SimulatedOutcomes(Context& context, const std::vector<Script>& scripts)
      : context_(context), scripts_(scripts) {}

  [[nodiscard]] domain::SimulatedOutcome of_action(int order, const Uuid& command, bool payment);
  [[nodiscard]] domain::SimulatedOutcome of_other(int order, bool payment);
  // Adds a reply to what a batch sends: late, or twice, if the seed says so.
  void reply(const Message& command, std::int32_t order_partition, events::Reply reply,
             std::int64_t batch_no, std::vector<Outgoing>& outgoing);

 private:
  Context& context_;
  const std::vector<Script>& scripts_;
};

// The models of consumers/participants/payments_handler.cpp and delivery_handler.cpp around the
// production domain::handle and domain::fire.
class Payments final : public Handler {
 public:
  Payments(Context& context, Database& database, const std::vector<Script>& scripts)
      : context_(context), database_(database), outcomes_(context, scripts) {}

  std::vector<Outgoing> granted(const Grants&, const Grants&) override { return {}; }
  void dropped(const std::set<std::int32_t>&) override {}
  Plan decide(const Work& work) override;
  void committed() override {}
  void discarded() override {}

 private:
  struct Item {
    MessagePtr message;
    events::PaymentCommand command;
    domain::SimulatedOutcome simulated = domain::SimulatedOutcome::kNormal;
  };
  [[nodiscard]] std::vector<Item> admit(const Work& work);
  void handle_item(const Item& item, const Work& work, domain::PaymentRecords& records, Plan& plan);

  Context& context_;
  Database& database_;
  SimulatedOutcomes outcomes_;
};

class Delivery final : public Handler {
 public:
  Delivery(Context& context, Database& database, const std::vector<Script>& scripts,
           const domain::DeliveryPolicy& policy)
      : context_(context), database_(database), outcomes_(context, scripts), policy_(policy) {}

  std::vector<Outgoing> granted(const Grants& fresh, const Grants& all) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  Plan decide(const Work& work) override;
  void committed() override;
  void discarded() override { prepared_.clear(); }
  [[nodiscard]] Time next_due() const override;

 private:
  using DueByPartition = std::map<std::int32_t, std::vector<Uuid>>;
  struct TimerChange {
    std::int32_t partition = 0;
    Uuid id;
    Time due;
  };

  void handle_item(const MessagePtr& message, domain::SimulatedOutcome simulated, const Work& work,
                   domain::DeliveryRecords& records, Plan& plan);
  [[nodiscard]] DueByPartition collect_due(const Work& work);
  void fire_due(const DueByPartition& due, const Work& work, domain::DeliveryRecords& records,
                Plan& plan);
  void prepare_timers(const domain::DeliveryRecords& records, const DueByPartition& due);
  [[nodiscard]] std::int32_t partition_of(const domain::Delivery& row) const;

  Context& context_;
  Database& database_;
  SimulatedOutcomes outcomes_;
  const domain::DeliveryPolicy& policy_;
  consumers::DueTimers timers_{1000};
  std::set<std::int32_t> owned_;
  std::set<std::int32_t> stuck_;
  std::vector<TimerChange> prepared_;
  Time next_overdue_read_ = Time::max();
};

}  // namespace orderflow::simulation
