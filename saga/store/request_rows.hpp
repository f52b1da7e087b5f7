#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "saga/order/requests.hpp"

namespace orderflow::saga::store {

// The columns of orders.requests that say what is asked. Empty texts are null in the table. The one
// mapping between the row and its type, for whichever client of PostgreSQL carries it.
struct RequestColumns {
  std::string_view kind;
  std::optional<std::int64_t> amount;
  std::optional<Uuid> payment_id;
  std::string_view target_status;
  std::optional<Uuid> command_id;
  std::string_view command_outcome;
};

// Its texts are constants.
[[nodiscard]] RequestColumns columns_of(const RequestKind& kind);

// Empty when the kind is unknown or lacks a field of its own.
[[nodiscard]] std::optional<RequestKind> read_kind(const RequestColumns& columns);

}  // namespace orderflow::saga::store
