#include "domain/delivery/reads.hpp"

#include "core/json/text.hpp"

namespace orderflow::domain {
namespace {

constexpr core::PgStatement kFindDelivery{
    "delivery_find",
    core::sql<"SELECT ", DeliveryView::kColumns, " FROM delivery.deliveries WHERE id = $1">};

}  // namespace

DeliveryView DeliveryView::read(core::PgRow& row) {
  DeliveryView view{read_delivery(row), {}};
  view.delivery.address = row.take<std::string>();
  view.created_at = row.take<core::Time>();
  return view;
}

std::optional<DeliveryView> find_delivery(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<DeliveryView>(
      session.execute(kFindDelivery, core::PgParams().uuid(id)));
}

}  // namespace orderflow::domain
