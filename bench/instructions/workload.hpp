#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/instructions/course.hpp"

namespace orderflow::bench {

// What is counted: one of the product's hot functions over the same hundred orders in every run.
// No I/O and no randomness that the count could depend on. One thread.
struct Workload {
  std::string name;  // As in counts.txt; a word.
  int operations;    // A pass does that many: messages, orders or rows.
  std::function<void()> pass;
};

// The compiler must believe that somebody looks at the value.
template <typename Value>
void keep(const Value& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// One call for each item.
template <typename Item, typename Operation>
[[nodiscard]] Workload each(std::string name, std::vector<Item> items, Operation operation) {
  const auto operations = static_cast<int>(items.size());
  return {std::move(name), operations,
          [items = std::move(items), operation = std::move(operation)] {
            for (const auto& item : items) keep(operation(item));
          }};
}

// One call for all rows.
template <typename Operation>
[[nodiscard]] Workload all_at_once(std::string name, std::size_t rows, Operation operation) {
  return {std::move(name), static_cast<int>(rows),
          [operation = std::move(operation)] { keep(operation()); }};
}

[[nodiscard]] std::vector<Workload> front_end_workloads(const std::vector<Course>& courses);
[[nodiscard]] std::vector<Workload> message_workloads(const std::vector<Course>& courses);
[[nodiscard]] std::vector<Workload> owner_workloads(const std::vector<Course>& courses);
[[nodiscard]] std::vector<Workload> participant_workloads(const std::vector<Course>& courses);

}  // namespace orderflow::bench
