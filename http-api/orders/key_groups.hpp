#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "http-api/orders/new_order.hpp"

namespace orderflow::http_api {

// What became of an order that was to be inserted.
enum class InsertState {
  kInserted,    // The order and, if it has one, its key.
  kKeyTaken,    // Another transaction has its key; what it holds must be read.
  kRefused,     // The database refuses a value of it; its key is still free.
  kUnavailable  // Nobody knows.
};

// Orders of one batch that have one idempotency key, in the order in which they came; or one order
// without a key. Only one of them is tried at a time, so that keys that meet inside a batch are
// decided in memory. Pure: the writer does what candidate() asks and tells what came of it.
//
// Refers to the batch's orders and outcomes; lives no longer than they.
class KeyGroup {
 public:
  struct Member {
    NewOrder* order;
    PlaceOutcome* outcome;
  };

  void add(Member member) { undecided_.push_back(member); }

  [[nodiscard]] bool decided() const { return undecided_.empty(); }
  // The order to insert next. There is one until all are decided.
  [[nodiscard]] const NewOrder& candidate() const { return *undecided_.front().order; }

  // The candidate was inserted; its outcome has no copy of it. The others repeat it, or misuse its
  // key.
  void inserted();
  // The candidate holds a value that cannot be stored: so do those that say the same. The key stays
  // free for the others.
  void refused(const std::string& detail);
  // The key was taken by `first` before, for a request with this hash.
  void taken(const OrderRow& first, std::string_view request_hash);
  // Nobody knows.
  void unavailable(const std::string& detail);

 private:
  void replay_or_refuse(const OrderRow& first, std::string_view request_hash);

  std::vector<Member> undecided_;
};

// The groups of a batch, in the order of their first members.
[[nodiscard]] std::vector<KeyGroup> group_by_key(std::span<const KeyGroup::Member> batch);

}  // namespace orderflow::http_api
