#include "http-api/orders/order_writer.hpp"

#include <chrono>
#include <map>
#include <unordered_set>
#include <utility>

#include "core/pg/settings.hpp"
#include "core/testing/crash_point.hpp"
#include "http-api/orders/order_statements.hpp"

namespace orderflow::http_api {
namespace {

using core::CrashPlace;

// Batches that may wait behind the one being committed; more and the client had better come back.
constexpr std::size_t kBatchesWaitingMax = 10;
constexpr core::Duration kCommitTimeout = std::chrono::seconds{5};

core::GroupCommitLimits limits_of(const core::Settings& settings) {
  const auto batch_max = settings.get(core::kBatchLimit);
  return {.batch_max = batch_max, .waiting_max = batch_max * kBatchesWaitingMax};
}

std::vector<const NewOrder*> candidates_of(std::span<KeyGroup* const> groups) {
  std::vector<const NewOrder*> orders;
  orders.reserve(groups.size());
  for (const KeyGroup* group : groups) orders.push_back(&group->candidate());
  return orders;
}

}  // namespace

OrderWriter::OrderWriter(const core::Settings& settings, core::Logger& logger,
                         core::Metrics& metrics, OnPlaced on_placed)
    : logger_(logger),
      on_placed_(std::move(on_placed)),
      session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-writer",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = kCommitTimeout,
                                                  .index_only_plans = true}),
      placed_total_(metrics.counter("orders_placed_total", "Orders made durable and accepted.")),
      batch_size_(metrics.histogram("order_commit_size", "Orders made durable by one transaction.",
                                    {}, core::Metrics::size_bounds())),
      commit_seconds_(metrics.histogram("order_commit_seconds",
                                        "Time of one transaction of the order writer.", {},
                                        core::Metrics::latency_bounds())),
      waiting_(metrics.gauge("order_writer_waiting", "Orders that wait for the order writer.")),
      queue_(limits_of(settings), [this](std::span<Entry> batch) { commit(batch); }) {}

OrderWriter::Outcome OrderWriter::submit(NewOrder order) {
  auto answer = std::make_shared<core::OneShot<PlaceOutcome>>();
  if (!queue_.submit(Entry{std::move(order), answer, {}})) return nullptr;
  return answer;
}

void OrderWriter::commit(std::span<Entry> batch) {
  waiting_.Set(static_cast<double>(queue_.waiting()));
  const auto began = std::chrono::steady_clock::now();
  std::vector<KeyGroup::Member> members;
  members.reserve(batch.size());
  for (Entry& entry : batch) members.push_back({&entry.order, &entry.outcome});
  auto groups = group_by_key(members);
  try {
    decide(groups);
  } catch (const std::exception& error) {
    logger_.error("the order writer failed", {{"error", error.what()}});
    for (KeyGroup& group : groups) group.unavailable("the order writer failed");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  batch_size_.Observe(static_cast<double>(batch.size()));
  commit_seconds_.Observe(took.count());
  for (Entry& entry : batch) {
    if (entry.outcome.result == PlaceResult::kPlaced) {
      placed_total_.Increment();
      on_placed_(entry.order);
      entry.outcome.order = std::move(entry.order.row);
    }
    entry.answer->set(std::move(entry.outcome));
  }
}

// One round inserts a candidate of each group; another one follows only for keys whose candidate
// was refused while others have another body. Each round decides at least one order of each group.
void OrderWriter::decide(std::vector<KeyGroup>& groups) {
  while (true) {
    Groups undecided;
    for (KeyGroup& group : groups) {
      if (!group.decided()) undecided.push_back(&group);
    }
    if (undecided.empty()) return;
    Groups taken;
    try {
      core::bisect<core::DataError>(
          std::span(undecided), [&](std::span<KeyGroup*> part) { insert(part, taken); },
          [&](KeyGroup* group, const core::DataError& error) { refuse(*group, error); });
      read_taken(taken);
    } catch (const core::Unavailable& error) {
      logger_.warning("orders could not be made durable",
                      {{"count", undecided.size()}, {"error", error.what()}});
      const bool answers = dynamic_cast<const core::DatabaseRefusal*>(&error) != nullptr;
      const char* why =
          answers ? "the database cannot take it now" : "the database does not answer";
      for (KeyGroup* group : undecided) group->unavailable(why);
    }
  }
}

// Throws DataError when the database refuses a value of any of them: then none is inserted.
void OrderWriter::insert(std::span<KeyGroup*> groups, Groups& taken) {
  const auto insert = insert_orders(candidates_of(groups));
  core::crash_point(CrashPlace::kBeforeGroup);
  const core::PgResult result =
      session_.execute(insert, core::front_end_point(CrashPlace::kInGroup));
  core::crash_point(CrashPlace::kAfterGroup);
  std::unordered_set<core::Uuid> inserted;
  for (int i = 0; i < result.rows(); ++i) inserted.insert(result.uuid(i, 0));
  for (KeyGroup* group : groups) {
    if (inserted.contains(group->candidate().row.id.uuid)) {
      group->inserted();
    } else {
      taken.push_back(group);
    }
  }
}

void OrderWriter::read_taken(const Groups& groups) {
  if (groups.empty()) return;
  const auto candidates = candidates_of(groups);
  std::map<std::pair<std::string_view, std::string_view>, KeyGroup*> by_key;
  for (KeyGroup* group : groups) {
    const auto& key = *group->candidate().key;
    by_key.emplace(std::pair<std::string_view, std::string_view>(key.scope, key.key), group);
  }
  const core::PgResult result = session_.execute(read_key_owners(candidates));
  for (const auto& owner : core::rows_of<KeyOwner>(result)) {
    const auto found = by_key.find({owner.scope, owner.key});
    if (found != by_key.end()) found->second->taken(owner.order, owner.request_hash);
  }
  for (KeyGroup* group : groups) {
    if (!group->decided()) group->unavailable("the first order with this key could not be read");
  }
}

void OrderWriter::refuse(KeyGroup& group, const core::DataError& error) {
  logger_.log(core::LogLevel::kWarning, "the database refused an order", group.candidate().trace,
              {{"sqlstate", error.sqlstate()}, {"error", error.what()}});
  group.refused("the order holds a value that cannot be stored");
}

}  // namespace orderflow::http_api
