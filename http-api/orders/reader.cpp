#include "http-api/orders/reader.hpp"

#include <unordered_map>
#include <utility>

#include "core/pg/params.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgResult;
using core::PgStatement;
using core::PgType;

constexpr std::size_t kReadsWaitingMax = 50'000;
constexpr core::Duration kReadTimeout = std::chrono::seconds{5};

#define ORDERFLOW_SAGA_COLUMNS                                                               \
  "s.order_id, s.version, s.status, s.phase, s.attention, s.step, s.attempt, s.wake_at, "    \
  "s.waiting_for, s.reason, s.failure_code, s.failure_detail, s.payment_id, s.delivery_id, " \
  "s.updated_at"

constexpr PgStatement kReadSagas{"api_read_sagas",
                                 "SELECT " ORDERFLOW_SAGA_COLUMNS
                                 " FROM orders.sagas s WHERE s.order_id = ANY($1::uuid[])"};

constexpr PgStatement kReadOrders{
    "api_read_orders",
    "SELECT " ORDERFLOW_SAGA_COLUMNS
    ", o.user_id, o.items, o.total, o.currency, o.delivery_address, o.special_instructions, "
    "o.draft, o.created_at FROM orders.orders o JOIN orders.sagas s ON s.order_id = o.id "
    "WHERE o.id = ANY($1::uuid[])"};

#undef ORDERFLOW_SAGA_COLUMNS

constexpr PgStatement kReadEvents{"api_read_events",
                                  R"(
SELECT w.nth, e.sequence, e.type, e.status, e.time, e.actor, e.correlation_id, e.data
FROM unnest($1::uuid[], $2::int8[], $3::int4[]) WITH ORDINALITY AS w(order_id, after, at_most, nth)
CROSS JOIN LATERAL (
  SELECT * FROM orders.events e
  WHERE e.order_id = w.order_id AND e.sequence > w.after
  ORDER BY e.sequence LIMIT w.at_most) e
ORDER BY w.nth, e.sequence)"};

SagaRecord saga_of(const PgResult& rows, int row) {
  SagaRecord saga;
  saga.order_id = rows.uuid(row, 0);
  saga.version = rows.int8(row, 1);
  saga.status = rows.text(row, 2);
  saga.phase = rows.text(row, 3);
  saga.attention = rows.boolean(row, 4);
  saga.step = rows.int4(row, 5);
  saga.attempt = rows.int4(row, 6);
  saga.wake_at = rows.maybe_time(row, 7);
  saga.waiting_for = rows.text(row, 8);
  saga.reason = rows.maybe_text(row, 9);
  saga.failure_code = rows.maybe_text(row, 10);
  saga.failure_detail = rows.maybe_text(row, 11);
  saga.payment_id = rows.maybe_uuid(row, 12);
  saga.delivery_id = rows.maybe_uuid(row, 13);
  saga.updated_at = rows.time(row, 14);
  return saga;
}

OrderWithSaga order_of(const PgResult& rows, int row) {
  OrderWithSaga both;
  both.saga = saga_of(rows, row);
  OrderRecord& order = both.order;
  order.id = both.saga.order_id;
  order.user_id = rows.uuid(row, 15);
  order.items = rows.jsonb(row, 16);
  order.total = rows.int8(row, 17);
  order.currency = rows.text(row, 18);
  order.delivery_address = rows.jsonb(row, 19);
  order.special_instructions = rows.maybe_text(row, 20);
  order.draft = rows.boolean(row, 21);
  order.created_at = rows.time(row, 22);
  return both;
}

EventRecord event_of(const PgResult& rows, int row) {
  EventRecord event;
  event.sequence = rows.int8(row, 1);
  event.type = rows.text(row, 2);
  event.status = rows.text(row, 3);
  event.time = rows.time(row, 4);
  event.actor = rows.text(row, 5);
  event.correlation_id = rows.text(row, 6);
  event.data = rows.jsonb(row, 7);
  return event;
}

template <typename Reads>
core::PgCall call_for(const PgStatement& statement, const Reads& reads) {
  PgArray ids(PgType::kUuid);
  for (const auto& read : reads) ids.add(read.order_id);
  core::PgCall call{&statement, {}};
  call.params.array(ids);
  return call;
}

// Hands each waiting read the row of its order, if there is one.
template <typename Reads, typename Make>
void distribute(Reads& reads, const PgResult& rows, Make make) {
  std::unordered_map<core::Uuid, int> row_of;
  for (int row = 0; row < rows.rows(); ++row) row_of.emplace(rows.uuid(row, 0), row);
  for (auto& read : reads) {
    const auto found = row_of.find(read.order_id);
    using Value = decltype(std::optional(make(rows, 0)));
    Value value;
    if (found != row_of.end()) value = make(rows, found->second);
    read.outcome->set(std::move(value));
  }
}

}  // namespace

OrderReader::OrderReader(const core::Config& config)
    : session_(config.text("database-url"), {.application_name = "orderflow-api-reader",
                                             .role = "orderflow_orders",
                                             .answer_timeout = kReadTimeout,
                                             .index_only_plans = true}) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

OrderReader::~OrderReader() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

template <typename Value>
asio::awaitable<Value> OrderReader::enqueue(std::vector<Read<Value>> Batch::* queue,
                                            Read<Value> read) {
  using Outcome = typename Read<Value>::Outcome;
  auto result = read.outcome;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kReadsWaitingMax) {
      throw core::Unavailable("too many reads wait for the database");
    }
    (waiting_.*queue).push_back(std::move(read));
    if (waiting_.size() == 1) wake_.notify_one();
  }
  Outcome outcome = co_await OneShot<Outcome>::wait(result);
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

asio::awaitable<std::optional<SagaRecord>> OrderReader::saga(core::Uuid order_id) {
  SagaRead read;
  read.order_id = order_id;
  return enqueue(&Batch::sagas, std::move(read));
}

asio::awaitable<std::optional<OrderWithSaga>> OrderReader::order(core::Uuid order_id) {
  OrderRead read;
  read.order_id = order_id;
  return enqueue(&Batch::orders, std::move(read));
}

asio::awaitable<std::vector<EventRecord>> OrderReader::events(core::Uuid order_id,
                                                              std::int64_t after, int limit) {
  EventsRead read;
  read.order_id = order_id;
  read.after = after;
  read.limit = limit;
  return enqueue(&Batch::events, std::move(read));
}

void OrderReader::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return waiting_.size() > 0; });
      std::swap(batch, waiting_);
    }
    if (batch.size() == 0) continue;
    try {
      answer(batch);
    } catch (const std::exception&) {
      fail(batch, std::current_exception());
    }
  }
  const std::lock_guard lock(mutex_);
  fail(waiting_, std::make_exception_ptr(core::Unavailable("the server stops")));
}

void OrderReader::answer(Batch& batch) {
  std::vector<core::PgCall> calls;
  if (!batch.sagas.empty()) calls.push_back(call_for(kReadSagas, batch.sagas));
  if (!batch.orders.empty()) calls.push_back(call_for(kReadOrders, batch.orders));
  if (!batch.events.empty()) {
    core::PgCall call = call_for(kReadEvents, batch.events);
    PgArray after(PgType::kInt8), limits(PgType::kInt4);
    for (const auto& read : batch.events) {
      after.add(read.after);
      limits.add(read.limit);
    }
    call.params.array(after).array(limits);
    calls.push_back(std::move(call));
  }
  const auto results = session_.read(calls);
  auto result = results.begin();
  if (!batch.sagas.empty()) distribute(batch.sagas, *result++, saga_of);
  if (!batch.orders.empty()) distribute(batch.orders, *result++, order_of);
  if (batch.events.empty()) return;
  std::vector<std::vector<EventRecord>> events(batch.events.size());
  for (int row = 0; row < result->rows(); ++row) {
    events[static_cast<std::size_t>(result->int8(row, 0) - 1)].push_back(event_of(*result, row));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    batch.events[i].outcome->set(std::move(events[i]));
  }
}

void OrderReader::fail(Batch& batch, const std::exception_ptr& why) {
  for (auto& read : batch.sagas) read.outcome->set(why);
  for (auto& read : batch.orders) read.outcome->set(why);
  for (auto& read : batch.events) read.outcome->set(why);
}

}  // namespace orderflow::http_api
