#pragma once

#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

#include "core/async/one_shot.hpp"
#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "http-api/orders/records.hpp"

namespace orderflow::http_api {

// Reads of single orders, gathered as the writer gathers writes: one thread takes all that wait and
// asks the database once, so that polling clients cost a fraction of a query each. Functions may be
// called from any coroutine; they throw core::Unavailable when the database does not answer or too
// many reads wait.
class OrderReader {
 public:
  explicit OrderReader(const core::Config& config);
  ~OrderReader();
  OrderReader(const OrderReader&) = delete;
  OrderReader& operator=(const OrderReader&) = delete;

  void request_stop() { thread_.request_stop(); }

  asio::awaitable<std::optional<SagaRecord>> saga(core::Uuid order_id);
  asio::awaitable<std::optional<OrderWithSaga>> order(core::Uuid order_id);
  // At most `limit` events with a sequence above `after`, oldest first.
  asio::awaitable<std::vector<EventRecord>> events(core::Uuid order_id, std::int64_t after,
                                                   int limit);

 private:
  template <typename Value>
  struct Read {
    using Outcome = std::variant<std::exception_ptr, Value>;
    core::Uuid order_id;
    std::int64_t after = 0;
    std::int32_t limit = 0;
    std::shared_ptr<OneShot<Outcome>> outcome = std::make_shared<OneShot<Outcome>>();
  };
  using SagaRead = Read<std::optional<SagaRecord>>;
  using OrderRead = Read<std::optional<OrderWithSaga>>;
  using EventsRead = Read<std::vector<EventRecord>>;
  struct Batch {
    std::vector<SagaRead> sagas;
    std::vector<OrderRead> orders;
    std::vector<EventsRead> events;
    [[nodiscard]] std::size_t size() const { return sagas.size() + orders.size() + events.size(); }
  };

  template <typename Value>
  asio::awaitable<Value> enqueue(std::vector<Read<Value>> Batch::* queue, Read<Value> read);
  void run(const std::stop_token& stop);
  void answer(Batch& batch);
  static void fail(Batch& batch, const std::exception_ptr& why);

  core::PgSession session_;  // the thread's
  std::mutex mutex_;
  std::condition_variable_any wake_;
  Batch waiting_;
  std::jthread thread_;
};

}  // namespace orderflow::http_api
