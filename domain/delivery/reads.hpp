#pragma once

#include <optional>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "domain/delivery/rows.hpp"

namespace orderflow::domain {

// A delivery as people see it: with its address and its creation.
struct DeliveryView {
  static constexpr auto kColumns = core::concat<kDeliveryColumns, ", delivery_address, created_at">;

  Delivery delivery;
  core::Time created_at;

  [[nodiscard]] const core::Uuid& position() const { return delivery.id; }
  [[nodiscard]] static DeliveryView read(core::PgRow& row);
};

[[nodiscard]] std::optional<DeliveryView> find_delivery(core::PgSession& session,
                                                        const core::Uuid& id);

}  // namespace orderflow::domain
