#pragma once

#include <map>
#include <utility>
#include <vector>

#include "core/values/uuid.hpp"

namespace orderflow::domain {

// The rows of one table that a batch is about, by their `id`: as read, and what the batch made of
// them. A value without I/O.
template <typename Row>
class TrackedRows {
 public:
  // As it was read.
  void add(Row row) { emplace(std::move(row), State::kRead); }

  [[nodiscard]] const Row* find(const core::Uuid& id) const {
    const auto found = rows_.find(id);
    return found == rows_.end() ? nullptr : &found->second.row;
  }

  [[nodiscard]] std::vector<const Row*> new_rows() const { return rows_in(State::kNew); }
  // Without the new ones.
  [[nodiscard]] std::vector<const Row*> changed_rows() const { return rows_in(State::kChanged); }

  void insert(Row row) { emplace(std::move(row), State::kNew); }
  // It is there.
  Row& change(const core::Uuid& id) {
    auto& tracked = rows_.at(id);
    if (tracked.state == State::kRead) tracked.state = State::kChanged;
    return tracked.row;
  }

 private:
  enum class State { kRead, kNew, kChanged };
  struct Tracked {
    Row row;
    State state;
  };

  void emplace(Row&& row, State state) {
    const core::Uuid id = row.id;
    rows_.try_emplace(id, std::move(row), state);
  }

  [[nodiscard]] std::vector<const Row*> rows_in(State state) const {
    std::vector<const Row*> rows;
    for (const auto& [id, tracked] : rows_) {
      if (tracked.state == state) rows.push_back(&tracked.row);
    }
    return rows;
  }

  std::map<core::Uuid, Tracked> rows_;
};

}  // namespace orderflow::domain
