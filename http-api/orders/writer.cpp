#include "http-api/orders/writer.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/pg/params.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/shard.hpp"

namespace orderflow::http_api {
namespace {

using core::CrashPlace;
using core::PgArray;
using core::PgParams;
using core::PgStatement;
using core::PgType;

// Batches that may wait behind the one being committed; more and the client had better come back.
constexpr std::size_t kBatchesWaitingMax = 10;
constexpr core::Duration kCommitTimeout = std::chrono::seconds{5};

// Sorted by key, so that two processes never wait for each other's keys in a circle.
constexpr PgStatement kClaimKeys{"api_claim_keys",
                                 R"(
INSERT INTO ops.idempotency_keys (scope, key, body_hash, resource_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[])
ON CONFLICT DO NOTHING)"};

// Only orders without a key, or whose key this transaction claimed, are inserted.
constexpr PgStatement kInsertOrders{"api_insert_orders",
                                    R"(
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::orders.new_order[]) AS t
  WHERE t.key IS NULL
     OR EXISTS (SELECT FROM ops.idempotency_keys k
                WHERE k.scope = t.scope AND k.key = t.key AND k.resource_id = t.id)
), placed AS (
  INSERT INTO orders.orders (id, user_id, items, total, currency, delivery_address,
                             special_instructions, draft, correlation_id, traceparent, created_at)
  SELECT id, user_id, items, total, currency, delivery_address, special_instructions, draft,
         correlation_id, traceparent, now()
  FROM input
  RETURNING id, created_at
), started AS (
  INSERT INTO orders.sagas (order_id, shard, live, status, phase, round, step, steps, attempt,
                            waiting_for, wake_at, version, event_sequence, updated_at)
  SELECT id, shard, NOT draft, CASE WHEN draft THEN 'DRAFT' ELSE 'PENDING_PAYMENT' END,
         CASE WHEN draft THEN 'draft' ELSE 'running' END, 1, 0, 'NN', 0, 'start',
         CASE WHEN draft THEN NULL ELSE now() + interval '2 seconds' END, 0, 0, now()
  FROM input
)
SELECT id, created_at FROM placed)"};

constexpr PgStatement kReadWinners{"api_read_winners",
                                   R"(
SELECT k.scope, k.key, k.body_hash, o.id, o.user_id, o.items, o.total, o.currency,
       o.delivery_address, o.special_instructions, o.draft, o.created_at
FROM unnest($1::text[], $2::text[]) AS w(scope, key)
JOIN ops.idempotency_keys k ON k.scope = w.scope AND k.key = w.key
JOIN orders.orders o ON o.id = k.resource_id)"};

using KeyName = std::pair<std::string_view, std::string_view>;

KeyName name_of_key(const NewOrder& order) { return {order.key->scope, order.key->key}; }

OrderRecord record_of_winner(const core::PgResult& rows, int row) {
  OrderRecord order;
  order.id = rows.uuid(row, 3);
  order.user_id = rows.uuid(row, 4);
  order.items = rows.jsonb(row, 5);
  order.total = rows.int8(row, 6);
  order.currency = rows.text(row, 7);
  order.delivery_address = rows.jsonb(row, 8);
  order.special_instructions = rows.maybe_text(row, 9);
  order.draft = rows.boolean(row, 10);
  order.created_at = rows.time(row, 11);
  return order;
}

PlaceOutcome unavailable_outcome(std::string detail) {
  return {PlaceResult::kUnavailable, {}, std::move(detail)};
}

}  // namespace

OrderWriter::OrderWriter(const core::Config& config, core::Logger& logger, core::Metrics& metrics,
                         Placed placed)
    : logger_(logger),
      placed_(std::move(placed)),
      session_(config.text("database-url"), {.application_name = "orderflow-api-writer",
                                             .role = "orderflow_orders",
                                             .answer_timeout = kCommitTimeout,
                                             .index_only_plans = true}),
      batch_max_(static_cast<std::size_t>(config.integer("batch-limit"))),
      queue_max_(batch_max_ * kBatchesWaitingMax),
      placed_total_(metrics.counter("orders_placed_total", "Orders made durable and accepted.")),
      batch_size_(metrics.histogram("order_commit_size", "Orders made durable by one transaction.",
                                    {}, core::Metrics::size_bounds())),
      commit_seconds_(metrics.histogram("order_commit_seconds",
                                        "Time of one transaction of the order writer.", {},
                                        core::Metrics::latency_bounds())),
      waiting_(metrics.gauge("order_writer_waiting", "Orders that wait for the order writer.")) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

OrderWriter::~OrderWriter() { stop(); }

void OrderWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

OrderWriter::Outcome OrderWriter::submit(NewOrder order) {
  auto outcome = std::make_shared<OneShot<PlaceOutcome>>();
  const std::lock_guard lock(mutex_);
  if (closed_ || queue_.size() >= queue_max_) return nullptr;
  queue_.push_back(Entry{std::move(order), outcome, {}});
  if (queue_.size() == 1) wake_.notify_one();
  return outcome;
}

void OrderWriter::run(const std::stop_token& stop) {
  std::vector<Entry> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return !queue_.empty(); });
      if (queue_.empty()) return;  // Asked to stop, and nothing waits.
      gather(lock);
      const std::size_t count = std::min(batch_max_, queue_.size());
      const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
      batch.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
      queue_.erase(queue_.begin(), end);
      waiting_.Set(static_cast<double>(queue_.size()));
    }
    commit(batch);
    pace_.handled(batch.size());
    batch.clear();
  }
}

void OrderWriter::gather(std::unique_lock<std::mutex>& lock) const {
  const auto until = std::chrono::steady_clock::now() + pace_.window();
  while (queue_.size() < pace_.expected() && std::chrono::steady_clock::now() < until) {
    lock.unlock();
    std::this_thread::sleep_for(core::BatchPace::kStep);
    lock.lock();
  }
}

void OrderWriter::commit(std::span<Entry> batch) {
  const auto began = std::chrono::steady_clock::now();
  Entries entries;
  entries.reserve(batch.size());
  for (Entry& entry : batch) entries.push_back(&entry);
  try {
    settle(std::move(entries));
  } catch (const std::exception& error) {
    logger_.error("the order writer failed", {{"error", error.what()}});
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  batch_size_.Observe(static_cast<double>(batch.size()));
  commit_seconds_.Observe(took.count());
  for (Entry& entry : batch) {
    if (entry.verdict.result == PlaceResult::kPlaced) {
      placed_total_.Increment();
      placed_(entry.order);
      entry.verdict.order = std::move(entry.order.record);
    }
    entry.outcome->set(std::move(entry.verdict));
  }
}

// Leaders go into the database; whoever has the same key reads what became of the first.
void OrderWriter::settle(Entries entries) {
  while (!entries.empty()) {
    Entries followers;
    const Entries leaders = pick_leaders(entries, followers);
    insert(leaders);
    Entries losers;
    for (Entry* leader : leaders) {
      if (!leader->settled && leader->order.key) losers.push_back(leader);
    }
    Entries again;
    for (Entry* follower : followers) {
      const Entry& leader = *follower->leader;
      const bool leader_refused = leader.verdict.result == PlaceResult::kRefused && leader.settled;
      if (!leader_refused) {
        losers.push_back(follower);
      } else if (leader.order.key->body_hash == follower->order.key->body_hash) {
        follower->verdict = leader.verdict;
        follower->settled = true;
      } else {
        again.push_back(follower);  // The key is still free for another body.
      }
    }
    read_winners(losers);
    entries = std::move(again);
  }
}

OrderWriter::Entries OrderWriter::pick_leaders(const Entries& entries, Entries& followers) const {
  Entries leaders;
  leaders.reserve(entries.size());
  std::map<KeyName, Entry*> by_key;
  for (Entry* entry : entries) {
    if (entry->order.key) {
      const auto [first, is_new] = by_key.emplace(name_of_key(entry->order), entry);
      if (!is_new) {
        entry->leader = first->second;
        followers.push_back(entry);
        continue;
      }
    }
    leaders.push_back(entry);
  }
  return leaders;
}

void OrderWriter::insert(std::span<Entry* const> entries) {
  if (entries.empty()) return;
  try {
    core::crash_point(CrashPlace::kBeforeOrders);
    const core::PgResult rows = insert_rows(entries);
    core::crash_point(CrashPlace::kAfterOrders);
    std::unordered_map<core::Uuid, core::Time> created;
    for (int row = 0; row < rows.rows(); ++row)
      created.emplace(rows.uuid(row, 0), rows.time(row, 1));
    for (Entry* entry : entries) {
      const auto found = created.find(entry->order.record.id);
      if (found == created.end()) continue;  // Another order has its key.
      entry->order.record.created_at = found->second;
      entry->verdict.result = PlaceResult::kPlaced;
      entry->settled = true;
    }
  } catch (const core::DataError& error) {
    if (entries.size() == 1) {
      refuse_lone(*entries.front(), error);
      return;
    }
    const auto half = entries.size() / 2;
    insert(entries.first(half));
    insert(entries.subspan(half));
  } catch (const core::Unavailable& error) {
    logger_.warning("orders could not be made durable",
                    {{"count", entries.size()}, {"error", error.what()}});
    for (Entry* entry : entries) {
      entry->verdict = unavailable_outcome("the database does not answer");
      entry->settled = true;
    }
  }
}

void OrderWriter::refuse_lone(Entry& entry, const core::DataError& error) {
  logger_.log(core::LogLevel::kWarning, "the database refused an order", entry.order.trace,
              {{"sqlstate", error.sqlstate()}, {"error", error.what()}});
  entry.verdict = {PlaceResult::kRefused, {}, "the order holds a value that cannot be stored"};
  entry.settled = true;
}

core::PgResult OrderWriter::insert_rows(std::span<Entry* const> entries) {
  core::PgRows rows("orders.new_order", 13, entries.size());
  std::vector<const NewOrder*> keyed;
  for (const Entry* entry : entries) {
    const NewOrder& order = entry->order;
    const OrderRecord& record = order.record;
    rows.row()
        .add(record.id)
        .add(record.user_id)
        .add(core::PgJson{record.items})
        .add(record.total)
        .add(record.currency)
        .add(core::PgJson{record.delivery_address})
        .add(record.special_instructions)
        .add(record.draft)
        .add(order.trace.correlation_id)
        .add(order.trace.traceparent)
        .add(core::shard_of(record.id.text().view()));
    if (order.key) {
      rows.add(order.key->scope).add(order.key->key);
      keyed.push_back(&order);
    } else {
      rows.add_null(PgType::kText).add_null(PgType::kText);
    }
  }
  core::PgCall place{&kInsertOrders, {}};
  place.params.rows(std::move(rows));
  // A single statement is its own transaction.
  const auto unanswered = core::front_end_point(CrashPlace::kInOrders);
  if (keyed.empty()) return session_.execute(place, unanswered);

  std::sort(keyed.begin(), keyed.end(),
            [](const NewOrder* a, const NewOrder* b) { return name_of_key(*a) < name_of_key(*b); });
  PgArray claim_scopes(PgType::kText), claim_keys(PgType::kText), hashes(PgType::kBytea),
      resources(PgType::kUuid);
  for (const NewOrder* order : keyed) {
    claim_scopes.add(order->key->scope);
    claim_keys.add(order->key->key);
    hashes.add(order->key->body_hash);
    resources.add(order->record.id);
  }
  std::vector<core::PgCall> calls(2);
  calls[0].statement = &kClaimKeys;
  calls[0].params.array(claim_scopes).array(claim_keys).array(hashes).array(resources);
  calls[1] = std::move(place);
  auto results = session_.transaction(calls, unanswered);
  return std::move(results[1]);
}

void OrderWriter::read_winners(const Entries& entries) {
  if (entries.empty()) return;
  for (Entry* entry : entries) {
    entry->verdict = unavailable_outcome("the first order with this key could not be read");
  }
  PgArray scopes(PgType::kText), keys(PgType::kText);
  std::map<KeyName, Entries> waiting;
  for (Entry* entry : entries) waiting[name_of_key(entry->order)].push_back(entry);
  for (const auto& [name, same_key] : waiting) {
    scopes.add(name.first);
    keys.add(name.second);
  }
  try {
    const core::PgResult rows =
        session_.execute(kReadWinners, PgParams().array(scopes).array(keys));
    for (int row = 0; row < rows.rows(); ++row) {
      for (Entry* entry : waiting[{rows.text(row, 0), rows.text(row, 1)}]) {
        entry->settled = true;
        const bool same_body = rows.text(row, 2) == entry->order.key->body_hash;
        entry->verdict.result = same_body ? PlaceResult::kReplayed : PlaceResult::kKeyReused;
        if (same_body) entry->verdict.order = record_of_winner(rows, row);
      }
    }
  } catch (const core::Unavailable& error) {
    logger_.warning("orders with used keys could not be read", {{"error", error.what()}});
  }
}

}  // namespace orderflow::http_api
