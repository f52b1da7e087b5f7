#pragma once

#include <boost/asio/awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/async/group_commit.hpp"
#include "core/async/one_shot.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "http-api/orders/job_rows.hpp"
#include "http-api/orders/order_rows.hpp"
#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// Reads of single orders and jobs, gathered as the writer gathers writes: one thread takes what
// waits and asks the database once, so that clients that poll or wait cost a fraction of a query
// each. A read that nobody waits for any more is skipped. Functions may be called from any
// coroutine; they throw core::Unavailable when the database does not answer or too many reads wait,
// core::UnreadableRow where the row asked for cannot be read.
class OrderReader {
 public:
  OrderReader(const core::Settings& settings, core::Metrics& metrics);

  void request_stop() { queue_.request_stop(); }
  void stop() { queue_.stop(); }

  asio::awaitable<std::optional<saga::SagaRow>> saga(core::Uuid order_id);
  asio::awaitable<std::optional<OrderWithSaga>> order(core::Uuid order_id);
  asio::awaitable<std::optional<JobRow>> job(core::Uuid id);

 private:
  template <typename Value>
  struct Read {
    using Outcome = std::variant<std::exception_ptr, Value>;
    core::Uuid id;  // the order's, or the job's
    std::shared_ptr<core::OneShot<Outcome>> outcome = std::make_shared<core::OneShot<Outcome>>();
  };
  using SagaRead = Read<std::optional<saga::SagaRow>>;
  using OrderRead = Read<std::optional<OrderWithSaga>>;
  using JobRead = Read<std::optional<JobRow>>;
  using AnyRead = std::variant<SagaRead, OrderRead, JobRead>;
  struct Batch;

  template <typename Row>
  asio::awaitable<std::optional<Row>> find(core::Uuid id);
  template <typename Value>
  asio::awaitable<Value> enqueue(Read<Value> read);
  void answer(std::span<AnyRead> reads);
  void answer(const Batch& batch);

  core::PgSession session_;  // the thread's
  prometheus::Histogram& batch_size_;
  core::GroupCommit<AnyRead> queue_;
};

}  // namespace orderflow::http_api
