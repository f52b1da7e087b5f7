#include "http-api/orders/history_batch.hpp"

#include <utility>

namespace orderflow::http_api {

bool HistoryBatch::add(const HistoryRead& read) {
  if (read.outcome->abandoned()) return true;
  if (rows_ > 0 && rows_ + read.question.limit > rows_max_) return false;
  rows_ += read.question.limit;
  const auto [known, is_new] = known_.emplace(read.question, questions_.size());
  if (is_new) {
    questions_.push_back(read.question);
    readers_.emplace_back();
  }
  readers_[known->second].push_back(read.outcome);
  return true;
}

void HistoryBatch::answer(std::vector<std::vector<EventRow>> events) const {
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const auto shared = std::make_shared<const std::vector<EventRow>>(std::move(events.at(i)));
    for (const auto& reader : readers_[i]) reader->set(shared);
  }
}

void HistoryBatch::fail(const std::exception_ptr& why) const {
  for (const auto& of_question : readers_) {
    for (const auto& reader : of_question) reader->set(why);
  }
}

}  // namespace orderflow::http_api
