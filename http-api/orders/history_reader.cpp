#include "http-api/orders/history_reader.hpp"

#include <utility>

#include "core/pg/params.hpp"
#include "core/pg/settings.hpp"
#include "core/pg/sql.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgStatement;
using core::PgType;

constexpr std::size_t kHistoriesWaitingMax = 10'000;
// Rows differ in size, so a batch has a limit of each.
constexpr std::size_t kBatchReadsMax = 500;
constexpr std::int64_t kBatchRowsMax = 5'000;
constexpr core::Duration kHistoryTimeout = std::chrono::seconds{5};

constexpr PgStatement kReadEvents{"api_read_events",
                                  core::sql<"SELECT w.nth, ", EventRow::kColumns, R"(
FROM unnest($1::uuid[], $2::int8[], $3::int4[]) WITH ORDINALITY AS w(order_id, after, at_most, nth)
CROSS JOIN LATERAL (
  SELECT * FROM orders.events e
  WHERE e.order_id = w.order_id AND e.sequence > w.after
  ORDER BY e.sequence LIMIT w.at_most) e
ORDER BY w.nth, e.sequence)">};

core::PgParams params_of(const std::vector<HistoryQuestion>& questions) {
  PgArray ids(PgType::kUuid);
  PgArray after(PgType::kInt8);
  PgArray limits(PgType::kInt4);
  for (const HistoryQuestion& question : questions) {
    ids.add(question.order_id);
    after.add(question.after);
    limits.add(question.limit);
  }
  return core::PgParams().array(ids).array(after).array(limits);
}

std::vector<std::vector<EventRow>> events_of(const core::PgResult& result, std::size_t questions) {
  std::vector<std::vector<EventRow>> events(questions);
  for (int i = 0; i < result.rows(); ++i) {
    core::PgRow row(result, i);
    const auto nth = static_cast<std::size_t>(row.take<std::int64_t>());
    events.at(nth - 1).push_back(EventRow::read(row));
  }
  return events;
}

}  // namespace

HistoryReader::HistoryReader(const core::Settings& settings)
    : session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-history",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = kHistoryTimeout,
                                                  .index_only_plans = true}),
      queue_(
          core::GroupCommitLimits{
              .batch_max = kBatchReadsMax, .waiting_max = kHistoriesWaitingMax, .gathers = false},
          [this](std::span<HistoryRead> reads) { answer(reads); }) {}

asio::awaitable<Events> HistoryReader::events(HistoryQuestion question) {
  using Outcome = HistoryRead::Outcome;
  HistoryRead read{question};
  auto asked = read.outcome;
  if (!queue_.submit(std::move(read))) {
    throw core::Unavailable("too many reads of histories wait, or the server stops");
  }
  Outcome outcome = co_await core::OneShot<Outcome>::wait(std::move(asked));
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

void HistoryReader::answer(std::span<const HistoryRead> reads) {
  while (!reads.empty()) {
    HistoryBatch batch(kBatchRowsMax);
    while (!reads.empty() && batch.add(reads.front())) reads = reads.subspan(1);
    if (!batch.questions().empty()) answer(batch);
  }
}

void HistoryReader::answer(const HistoryBatch& batch) {
  std::vector<std::vector<EventRow>> events;
  try {
    const core::PgCall call{&kReadEvents, params_of(batch.questions())};
    const auto results = session_.read(std::span(&call, 1));
    events = events_of(results.front(), batch.questions().size());
  } catch (const std::exception&) {
    return batch.fail(std::current_exception());
  }
  batch.answer(std::move(events));
}

}  // namespace orderflow::http_api
