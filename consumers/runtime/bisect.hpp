#pragma once

#include <span>
#include <string>

#include "core/pg/session.hpp"
#include "core/values/failure.hpp"

namespace orderflow::consumers {

// Handles items and what is due besides, by `attempt(items, include_due)`. When the server refuses
// a value (core::DataError: the only errors that may be blamed on an item), it is tried again in
// ever smaller parts, first without what is due, until one item is left: `give_up(item, reason)`.
// All other errors pass through.
template <typename Item, typename Attempt, typename GiveUp>
void attempt_or_bisect(std::span<const Item> items, bool include_due, const Attempt& attempt,
                       const GiveUp& give_up) {
  std::string reason;
  try {
    attempt(items, include_due);
    return;
  } catch (const core::DataError& error) {
    reason = error.what();
  }
  if (items.empty()) throw core::Unavailable("the database refuses what is due: " + reason);
  if (include_due) {
    attempt_or_bisect(items, false, attempt, give_up);
  } else if (items.size() == 1) {
    give_up(items.front(), reason);
  } else {
    const auto half = items.size() / 2;
    attempt_or_bisect(items.first(half), false, attempt, give_up);
    attempt_or_bisect(items.subspan(half), false, attempt, give_up);
  }
}

}  // namespace orderflow::consumers
