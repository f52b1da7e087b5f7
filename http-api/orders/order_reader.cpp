#include "http-api/orders/order_reader.hpp"

#include <exception>
#include <unordered_map>
#include <utility>
#include <variant>

#include "core/pg/params.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgStatement;
using core::PgType;
using core::sql;

constexpr std::size_t kReadsWaitingMax = 50'000;
// A batch is answered as a whole, so it is held as a whole.
constexpr std::size_t kBatchReadsMax = 1'000;
constexpr core::Duration kReadTimeout = std::chrono::seconds{5};

constexpr PgStatement kReadSagas{"api_read_sagas",
                                 sql<"SELECT ", saga::SagaRow::kColumns,
                                     " FROM orders.sagas s WHERE s.order_id = ANY($1::uuid[])">};

constexpr PgStatement kReadOrders{"api_read_orders",
                                  sql<"SELECT ", OrderRow::kColumns, ", ", saga::SagaRow::kColumns,
                                      " FROM orders.orders o JOIN orders.sagas s"
                                      " ON s.order_id = o.id WHERE o.id = ANY($1::uuid[])">};

constexpr PgStatement kReadJobs{
    "api_read_jobs",
    sql<"SELECT ", JobRow::kColumns, " FROM orders.requests WHERE id = ANY($1::uuid[])">};

const core::Uuid& id_of(const saga::SagaRow& saga) { return saga.order_id.uuid; }
const core::Uuid& id_of(const OrderWithSaga& both) { return both.order.id.uuid; }
const core::Uuid& id_of(const JobRow& job) { return job.id; }

template <typename Read>
core::PgCall call_for(const PgStatement& statement, const std::vector<Read*>& reads) {
  PgArray ids(PgType::kUuid);
  for (const Read* read : reads) ids.add(read->id);
  core::PgCall call{&statement, {}};
  call.params.array(ids);
  return call;
}

// A row that cannot be read is the answer of those alone who asked for it.
template <typename Row>
using Outcomes = std::unordered_map<core::Uuid, std::variant<std::exception_ptr, Row>>;

template <typename Row>
Outcomes<Row> outcomes_of(const core::PgResult& result) {
  Outcomes<Row> outcomes;
  for (int i = 0; i < result.rows(); ++i) {
    try {
      Row row = core::row_of<Row>(result, i);
      const core::Uuid id = id_of(row);
      outcomes.emplace(id, std::move(row));
    } catch (const saga::UnreadableSaga& unreadable) {
      outcomes.emplace(unreadable.order_id(), std::current_exception());
    }
  }
  return outcomes;
}

// Hands each waiting read its row, if there is one. Several may ask for the same.
template <typename Row, typename Read>
void distribute(const std::vector<Read*>& reads, const Outcomes<Row>& outcomes) {
  for (Read* read : reads) {
    const auto found = outcomes.find(read->id);
    if (found == outcomes.end()) {
      read->outcome->set(std::optional<Row>());
    } else if (const auto* row = std::get_if<Row>(&found->second)) {
      read->outcome->set(std::optional<Row>(*row));
    } else {
      read->outcome->set(std::get<std::exception_ptr>(found->second));
    }
  }
}

}  // namespace

struct OrderReader::Batch {
  std::vector<SagaRead*> sagas;
  std::vector<OrderRead*> orders;
  std::vector<JobRead*> jobs;
};

OrderReader::OrderReader(const core::Settings& settings, core::Metrics& metrics)
    : session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-reader",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = kReadTimeout,
                                                  .index_only_plans = true}),
      batch_size_(metrics.histogram("order_read_size",
                                    "Reads of orders and jobs answered by one round trip.", {},
                                    core::Metrics::size_bounds())),
      queue_(
          core::GroupCommitLimits{
              .batch_max = kBatchReadsMax, .waiting_max = kReadsWaitingMax, .gathers = false},
          [this](std::span<AnyRead> reads) { answer(reads); }) {}

template <typename Value>
asio::awaitable<Value> OrderReader::enqueue(Read<Value> read) {
  using Outcome = typename Read<Value>::Outcome;
  auto result = read.outcome;
  if (!queue_.submit(std::move(read))) {
    throw core::Unavailable("too many reads wait for the database, or the server stops");
  }
  Outcome outcome = co_await core::OneShot<Outcome>::wait(result);
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

template <typename Row>
asio::awaitable<std::optional<Row>> OrderReader::find(core::Uuid id) {
  Read<std::optional<Row>> read;
  read.id = id;
  return enqueue(std::move(read));
}

asio::awaitable<std::optional<saga::SagaRow>> OrderReader::saga(core::Uuid order_id) {
  return find<saga::SagaRow>(order_id);
}

asio::awaitable<std::optional<OrderWithSaga>> OrderReader::order(core::Uuid order_id) {
  return find<OrderWithSaga>(order_id);
}

asio::awaitable<std::optional<JobRow>> OrderReader::job(core::Uuid id) { return find<JobRow>(id); }

void OrderReader::answer(std::span<AnyRead> reads) {
  Batch batch;
  for (AnyRead& read : reads) {
    if (std::visit([](const auto& one) { return one.outcome->abandoned(); }, read)) continue;
    if (auto* saga = std::get_if<SagaRead>(&read)) {
      batch.sagas.push_back(saga);
    } else if (auto* order = std::get_if<OrderRead>(&read)) {
      batch.orders.push_back(order);
    } else {
      batch.jobs.push_back(&std::get<JobRead>(read));
    }
  }
  const auto size = batch.sagas.size() + batch.orders.size() + batch.jobs.size();
  if (size == 0) return;
  batch_size_.Observe(static_cast<double>(size));
  try {
    answer(batch);
  } catch (const std::exception&) {
    const auto why = std::current_exception();
    for (AnyRead& read : reads) {
      std::visit([&](auto& waiting) { waiting.outcome->set(why); }, read);
    }
  }
}

void OrderReader::answer(const Batch& batch) {
  std::vector<core::PgCall> calls;
  if (!batch.sagas.empty()) calls.push_back(call_for(kReadSagas, batch.sagas));
  if (!batch.orders.empty()) calls.push_back(call_for(kReadOrders, batch.orders));
  if (!batch.jobs.empty()) calls.push_back(call_for(kReadJobs, batch.jobs));
  const auto results = session_.read(calls);
  // All is read before the first is answered: a failure then answers each of them once.
  auto result = results.begin();
  Outcomes<saga::SagaRow> sagas;
  Outcomes<OrderWithSaga> orders;
  Outcomes<JobRow> jobs;
  if (!batch.sagas.empty()) sagas = outcomes_of<saga::SagaRow>(*result++);
  if (!batch.orders.empty()) orders = outcomes_of<OrderWithSaga>(*result++);
  if (!batch.jobs.empty()) jobs = outcomes_of<JobRow>(*result);
  distribute(batch.sagas, sagas);
  distribute(batch.orders, orders);
  distribute(batch.jobs, jobs);
}

}  // namespace orderflow::http_api
