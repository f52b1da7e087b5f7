#include "saga/store/request_rows.hpp"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace orderflow::saga::store {
namespace {

const Uuid kPayment{{1, 2}};
const Uuid kCommand{{3, 4}};

bool equal(const RequestColumns& a, const RequestColumns& b) {
  return a.kind == b.kind && a.amount == b.amount && a.payment_id == b.payment_id &&
         a.target_status == b.target_status && a.command_id == b.command_id &&
         a.command_outcome == b.command_outcome;
}

TEST_CASE("every kind of request is read back from its row") {
  const std::vector<RequestKind> kinds{
      Confirm{},
      Cancel{},
      Retry{},
      Pay{},
      Refund{kPayment, 250},
      Refund{kPayment, {}},
      SetStatus{OrderStatus::kDelivered},
      Resume{},
      Pause{},
      Skip{kCommand, CommandOutcome::kVoided},
      ReleaseEvents{},
  };
  std::vector<bool> seen(std::variant_size_v<RequestKind>);
  for (const auto& kind : kinds) {
    const auto columns = columns_of(kind);
    INFO(columns.kind);
    CHECK(columns.kind == name_of(kind));
    const auto back = read_kind(columns);
    REQUIRE(back);
    CHECK(back->index() == kind.index());
    CHECK(equal(columns_of(*back), columns));
    seen[kind.index()] = true;
  }
  CHECK(std::vector<bool>(seen.size(), true) == seen);
}

TEST_CASE("a row of an unknown kind, or without a field of its own, is not read") {
  CHECK_FALSE(read_kind({.kind = "gift"}));
  CHECK_FALSE(read_kind({.kind = ""}));
  CHECK_FALSE(read_kind({.kind = "refund", .amount = 5}));
  CHECK_FALSE(read_kind({.kind = "set_status", .target_status = "BANANA"}));
  CHECK_FALSE(read_kind({.kind = "skip", .command_id = kCommand}));
  CHECK_FALSE(read_kind({.kind = "skip", .command_outcome = "done"}));
}

}  // namespace
}  // namespace orderflow::saga::store
