#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <variant>
#include <vector>

#include "core/async/one_shot.hpp"
#include "core/values/uuid.hpp"
#include "http-api/orders/order_rows.hpp"

namespace orderflow::http_api {

// At most `limit` events of the order with a sequence above `after`.
struct HistoryQuestion {
  core::Uuid order_id;
  std::int64_t after = 0;
  std::int32_t limit = 0;

  auto operator<=>(const HistoryQuestion&) const = default;
};

// Oldest first. Shared by all that have asked the same.
using Events = std::shared_ptr<const std::vector<EventRow>>;

struct HistoryRead {
  using Outcome = std::variant<std::exception_ptr, Events>;

  HistoryQuestion question;
  std::shared_ptr<core::OneShot<Outcome>> outcome = std::make_shared<core::OneShot<Outcome>>();
};

// Reads of histories that are answered by one query: equal ones are one question, and those that
// nobody waits for any more are none. Bounded by the rows that its reads ask for together, since
// each of them becomes an answer, however many share a question. Belongs to one thread.
class HistoryBatch {
 public:
  explicit HistoryBatch(std::int64_t rows_max) : rows_max_(rows_max) {}

  // False when it is full: the read belongs to the next one. The first is always taken.
  [[nodiscard]] bool add(const HistoryRead& read);

  // What is asked, each once.
  [[nodiscard]] const std::vector<HistoryQuestion>& questions() const { return questions_; }

  // `events`: of each question, in their order.
  void answer(std::vector<std::vector<EventRow>> events) const;
  void fail(const std::exception_ptr& why) const;

 private:
  using Outcome = HistoryRead::Outcome;

  std::int64_t rows_max_;
  std::int64_t rows_ = 0;
  std::vector<HistoryQuestion> questions_;
  std::map<HistoryQuestion, std::size_t> known_;  // Where it stands in questions_.
  std::vector<std::vector<std::shared_ptr<core::OneShot<Outcome>>>> readers_;  // Of each.
};

}  // namespace orderflow::http_api
