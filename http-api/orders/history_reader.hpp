#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>

#include "core/async/group_commit.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "http-api/orders/history_batch.hpp"
#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// Reads of orders' histories, on a thread and a session of their own, since one of them is as much
// work as hundreds of reads of a status. Those that wait are gathered (HistoryBatch): many clients
// that look at one order cost one query. Any coroutine may ask.
class HistoryReader {
 public:
  explicit HistoryReader(const core::Settings& settings);

  void request_stop() { queue_.request_stop(); }
  void stop() { queue_.stop(); }

  // Throws core::Unavailable when the database does not answer or too many reads wait.
  [[nodiscard]] asio::awaitable<Events> events(HistoryQuestion question);

 private:
  void answer(std::span<const HistoryRead> reads);
  void answer(const HistoryBatch& batch);

  core::PgSession session_;  // the thread's
  core::GroupCommit<HistoryRead> queue_;
};

}  // namespace orderflow::http_api
