#pragma once

#include <map>
#include <memory>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "tests/simulation/context.hpp"
#include "tests/simulation/handler.hpp"

namespace orderflow::simulation {

// The model of consumers/sagas/orchestrator.cpp around the production saga::decide: the same cache,
// heap of wake-ups, polls and order of work, with the model's database where SQL would be.
class Orchestrator final : public Handler {
 public:
  Orchestrator(Context& context, const Database& database, std::size_t cache_limit)
      : context_(context), database_(database), cache_limit_(cache_limit) {}

  std::vector<Outgoing> granted(const Grants& fresh, const Grants& all) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  Plan decide(const Work& work) override;
  Plan refused(const Work& work, const std::vector<producers::Refused>& refused) override;
  void committed() override;
  void discarded() override;
  [[nodiscard]] Time next_due() const override;

 private:
  using WakeUp = std::pair<Time, int>;
  struct Pending {
    int order = 0;
    saga::Input input;
  };
  struct Prepared {
    int order = 0;
    saga::State state;
    std::int64_t loaded_version = 0;
    bool changed = false;
    std::vector<saga::Command> commands;
    Time held_until{};  // Not to be woken before.
  };

  void decode(const Work& work, std::vector<Pending>& inputs, std::vector<Uuid>& told_of) const;
  void take_due(const Work& work, std::vector<Pending>& inputs);
  void read_requests(const Work& work, const std::vector<Uuid>& told_of,
                     std::vector<Pending>& inputs);
  void read_overdue(const Work& work, std::vector<Pending>& inputs);
  Prepared& prepare(int order);
  void apply(const Pending& pending, const Work& work, Plan& plan);
  [[nodiscard]] static Time held_until(const saga::State& state, std::int32_t partition,
                                       const Work& work);
  void release(const Work& work, Plan& plan);
  void publish(const StoredEvent& stored, Plan& plan) const;
  void build(const Work& work, Plan& plan);
  void send(const Prepared& prepared, std::int64_t batch_no, Plan& plan) const;
  [[nodiscard]] MessagePtr encode(const Prepared& prepared, const saga::Command& command) const;
  [[nodiscard]] const OrderRow& row(int order) const {
    return database_.orders()[static_cast<std::size_t>(order)];
  }

  Context& context_;
  const Database& database_;
  std::size_t cache_limit_;
  std::set<std::int32_t> owned_;
  std::map<int, saga::State> cache_;
  std::priority_queue<WakeUp, std::vector<WakeUp>, std::greater<>> wake_ups_;
  // The model of consumers/sagas/held_events: orders, in turn.
  std::map<int, std::uint64_t> held_;
  std::uint64_t next_turn_ = 0;
  std::size_t held_window_ = 1;
  Time next_held_round_{};
  Time next_request_poll_{};
  Time next_overdue_poll_{};

  // The decision under way; adopted by committed(), dropped by discarded().
  std::vector<std::unique_ptr<Prepared>> prepared_;
  std::map<int, Prepared*> prepared_by_order_;
  std::vector<WakeUp> taken_;
  std::vector<int> to_hold_;
  std::set<int> to_release_;
  Time decided_at_{};
};

}  // namespace orderflow::simulation
