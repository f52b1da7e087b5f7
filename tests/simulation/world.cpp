#include "tests/simulation/world.hpp"

#include <algorithm>

#include "core/values/shard.hpp"
#include "tests/simulation/orchestrator.hpp"

namespace orderflow::simulation {

using saga::OrderStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::int32_t kPartitions = 4;
constexpr int kProcessesPerRole = 2;
constexpr int kAccounts = 40;

// The course of a world. Orders come first; faults and requests stop at kLastFault, though what
// they began (a stopped process, a late message) may take up to kLongestEffect more. Then the
// promise counts: 30 s plus twice the longest step time-out. Carriers and their reports come after
// that.
constexpr Duration kOrdersUntil = seconds{10};
constexpr Duration kLastFault = seconds{20};
constexpr Duration kLongestEffect = seconds{15};
constexpr Duration kPromise = seconds{30};
constexpr Duration kCarriers = seconds{20};
constexpr Duration kStartsBy = seconds{2};  // The API's own wake-up for a new order.

}  // namespace

World::World(const WorldOptions& options)
    : options_(options),
      context_(options.seed, options.faults, options.defect, options.watched),
      oracle_(context_, scripts_),
      database_(kPartitions, options.defect, oracle_),
      broker_(context_, kPartitions),
      delivery_policy_{seconds{5}, seconds{1}, seconds{8}} {
  auto& policy = context_.policy;
  policy.retry.attempts = 2 + static_cast<int>(context_.random.below(4));
  policy.reply_timeout.fill(context_.random.between(seconds{1}, seconds{5}));
  policy.probe_interval = seconds{10};
  oracle_.attach(database_);
  oracle_.on_saga_commit = [this](int order) { saga_committed(order); };
  broker_.on_event = [this](const Message& message) { oracle_.event(message); };
  broker_.on_arrival = [this](Topic topic, std::int32_t partition) {
    for (const auto& owner : owners_) {
      if (topic_of(owner->role()) == topic && owner->owns(partition)) owner->poke();
    }
  };
}

WorldResult World::run() {
  WorldResult result;
  try {
    make_accounts();
    make_owners();
    plan_orders();
    const Time begin = context_.now();
    const Duration timeout = context_.policy.reply_timeout[0];
    misfortunes();
    context_.timeline.run_until(begin + kLastFault);
    context_.faults.end();
    context_.timeline.run_until(begin + kLastFault + kLongestEffect + kPromise + 2 * timeout);
    oracle_.check_liveness();
    context_.timeline.run_until(context_.now() + kCarriers);
    oracle_.check_ends();
  } catch (const Violation& violation) {
    result.violation = violation.what();
    result.order = violation.order;
  }
  result.faults = context_.faults.counts();
  result.checks = oracle_.checks();
  result.requests = database_.requests().size();
  for (const auto& row : database_.orders()) {
    ++result.ends[static_cast<std::size_t>(row.state.status)];
  }
  result.trace = context_.trace.lines();
  return result;
}

void World::make_accounts() {
  for (int i = 0; i < kAccounts; ++i) {
    const bool poor = i == 0;
    accounts_.push_back({context_.random.uuid(), "USD", poor ? 2'000 : 100'000'000, 0});
    const auto& account = accounts_.back();
    account_partitions_.push_back(core::ShardKey(account.id).partition(kPartitions));
    database_.open_account(account);
    oracle_.account_opened(account);
    if (poor) oracle_.poor_account(account.id);
  }
}

void World::make_owners() {
  // Small enough, in some worlds, that most sagas are read from the database each time.
  const std::size_t cache_limit = context_.random.chance(0.3) ? 8 : 100'000;
  for (int r = 0; r < kRoles; ++r) {
    const auto role = static_cast<Role>(r);
    groups_.push_back(std::make_unique<Group>(context_, kPartitions));
    const auto make = [this, role, cache_limit]() -> std::unique_ptr<Handler> {
      switch (role) {
        case Role::kOrchestrator:
          return std::make_unique<Orchestrator>(context_, database_, cache_limit);
        case Role::kPayments: return std::make_unique<Payments>(context_, database_, scripts_);
        case Role::kDelivery: break;
      }
      return std::make_unique<Delivery>(context_, database_, scripts_, delivery_policy_);
    };
    for (int n = 1; n <= kProcessesPerRole; ++n) {
      owners_.push_back(std::make_unique<Owner>(context_, database_, broker_, role, n, make));
      groups_.back()->add(*owners_.back());
    }
  }
  for (const auto& owner : owners_) owner->start();
}

// ---- customers and operators --------------------------------------------------------------------

void World::plan_orders() {
  const auto count = static_cast<std::size_t>(options_.sagas);
  scripts_.reserve(count);
  waiting_.resize(count);
  commits_.resize(count);
  cancelled_.resize(count);
  for (int i = 0; i < options_.sagas; ++i) scripts_.push_back(draw_script());
  // In order of time, so that an order's number is its place in the table.
  std::vector<Duration> times;
  for (int i = 0; i < options_.sagas; ++i) {
    times.push_back(context_.random.between(Duration{0}, kOrdersUntil));
  }
  std::sort(times.begin(), times.end());
  for (int i = 0; i < options_.sagas; ++i) {
    context_.timeline.after(times[static_cast<std::size_t>(i)], [this, i] { plan_order(i); });
  }
}

Script World::draw_script() {
  Random& random = context_.random;
  Faults& faults = context_.faults;
  Script script;
  script.draft = random.chance(0.05);
  const auto share = [&] { return random.chance(0.5) ? 1.0 : 0.5; };
  if (faults.strike(Fault::kParticipantRefuses)) script.payment_refused = share();
  if (faults.strike(Fault::kParticipantRefuses)) script.delivery_refused = share();
  if (faults.strike(Fault::kParticipantBroken)) {
    (random.chance(0.5) ? script.payment_broken : script.delivery_broken) = true;
    script.broken_is_silent = random.chance(0.5);
  }
  return script;
}

void World::plan_order(int number) {
  const Script& script = scripts_[static_cast<std::size_t>(number)];
  place(number, script);
  plan_requests(number, script.draft);
}

// The API's transaction, and its notification.
void World::place(int number, const Script& script) {
  OrderRow row;
  Uuid id = context_.random.uuid();
  for (int i = 0; i < 4; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  }
  row.facts.order_id = core::ShardKey(id);
  const auto account = context_.random.below(kAccounts);
  row.facts.user_id = core::ShardKey(accounts_[account].id);
  row.facts.total = {static_cast<std::int64_t>(1 + context_.random.below(1'000)), "USD"};
  row.facts.draft = script.draft;
  row.facts.delivery_address = "{}";
  row.partition = row.facts.order_id.partition(kPartitions);
  row.account_partition = account_partitions_[account];
  if (script.draft) {
    row.state.status = OrderStatus::kDraft;
    row.state.phase = saga::SagaPhase::kDraft;
    row.state.waiting_for = saga::WaitingFor::kNothing;
  } else {
    row.state.wake_at = context_.database_now() + kStartsBy;
  }
  const Message placed{Topic::kInbox, row.partition, number, 0,
                       events::InboxMessage{events::OrderPlaced{id}}};
  (void)database_.add_order(std::move(row));
  oracle_.order_added(number);
  if (context_.trace.wants(number)) {
    context_.trace.add(context_.now(), "API", script.draft ? "a draft" : "an order is placed");
  }
  if (!script.draft) broker_.notify(std::make_shared<Message>(placed));
}

void World::plan_requests(int order, bool draft) {
  Random& random = context_.random;
  using enum saga::OrderStatus;
  static const std::vector<Planned> kinds{{saga::Cancel{}},
                                          {saga::Cancel{}},
                                          {saga::Retry{}},
                                          {saga::Retry{}},
                                          {saga::Pay{}},
                                          {saga::Refund{}},
                                          {saga::Refund{}},
                                          {saga::Resume{}},
                                          {saga::Confirm{}},
                                          {saga::SetStatus{kCancelled}},
                                          {saga::SetStatus{kPendingPayment}},
                                          {saga::SetStatus{kDelivered}},
                                          {saga::SetStatus{kPaid}}};
  if (draft && random.chance(0.8)) {
    context_.timeline.after(random.between(Duration{0}, seconds{3}),
                            [this, order] { ask(order, {saga::Confirm{}}); });
  }
  while (random.chance(0.2)) {
    const Planned& planned = kinds[random.below(kinds.size())];
    context_.timeline.after(random.between(Duration{0}, seconds{9}),
                            [this, order, planned] { ask(order, planned); });
  }
  while (random.chance(context_.faults.rate(Fault::kWorstMoment))) {
    Planned planned = kinds[random.below(kinds.size())];
    planned.after_commits = 1 + static_cast<int>(random.below(6));
    waiting_[static_cast<std::size_t>(order)].push_back(planned);
  }
}

void World::saga_committed(int order) {
  const auto index = static_cast<std::size_t>(order);
  const int commits = ++commits_[index];
  if (waiting_[index].empty() || context_.faults.ended()) return;
  for (const Planned& planned : waiting_[index]) {
    if (planned.after_commits != commits) continue;
    // Not within the commit itself, but before anything else can happen.
    context_.faults.count(Fault::kWorstMoment);
    context_.timeline.at(context_.now(), [this, order, planned] { ask(order, planned); });
  }
}

// The row first, then the message.
void World::ask(int order, const Planned& planned) {
  if (context_.faults.ended()) return;
  const auto index = static_cast<std::size_t>(order);
  const bool cancels = std::holds_alternative<saga::Cancel>(planned.kind);
  if (cancels && cancelled_[index]) return;
  cancelled_[index] = cancelled_[index] || cancels;
  const OrderRow& row = database_.orders()[index];
  RequestRow request;
  request.order = order;
  request.accepted_at = context_.database_now();
  request.request.id = context_.random.uuid();
  request.request.kind = planned.kind;
  request.request.actor = "operator";
  if (auto* refund = std::get_if<saga::Refund>(&request.request.kind)) {
    refund->payment_id = row.state.payment_id.value_or(Uuid{});
    if (context_.random.chance(0.5)) {
      refund->amount = static_cast<std::int64_t>(context_.random.below(600));
    }
  }
  const std::string kind(saga::name_of(planned.kind));
  if (context_.trace.wants(order)) {
    const auto* set = std::get_if<saga::SetStatus>(&planned.kind);
    context_.trace.add(
        context_.now(), "a person",
        "asks: " + kind + (set == nullptr ? "" : " " + std::string(to_text(set->target))));
  }
  const events::RequestMade made{request.request.id, row.facts.order_id.uuid, kind};
  const auto partition = row.partition;
  (void)database_.add_request(std::move(request));
  broker_.notify(std::make_shared<Message>(
      Message{Topic::kInbox, partition, order, 0, events::InboxMessage{made}}));
}

// ---- what strikes by the second -----------------------------------------------------------------

void World::misfortunes() {
  Faults& faults = context_.faults;
  if (faults.ended()) return;
  Random& random = context_.random;
  if (faults.strike(Fault::kDatabaseDown)) {
    context_.database_down_until = context_.now() + random.between(milliseconds{50}, seconds{5});
  }
  if (faults.strike(Fault::kBrokerSlow)) {
    context_.broker_slow_until = context_.now() + random.between(milliseconds{50}, seconds{5});
  }
  if (faults.strike(Fault::kBrokerForgets)) {
    broker_.forget(static_cast<Topic>(random.below(kRoles)), random.chance(0.5));
  }
  if (faults.strike(Fault::kTwoOwners)) groups_[random.below(kRoles)]->rebalance(true);
  if (faults.strike(Fault::kRebalance)) groups_[random.below(kRoles)]->rebalance(false);
  if (faults.strike(Fault::kClockSteps)) {
    context_.database_clock_offset = random.between(-seconds{3}, seconds{3});
  }
  context_.timeline.after(random.between(milliseconds{500}, milliseconds{1'500}),
                          [this] { misfortunes(); });
}

}  // namespace orderflow::simulation
