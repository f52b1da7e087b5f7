#include "events/ids.hpp"

namespace orderflow::events {

using core::new_uuid_v7;
using core::Uuid;

Uuid new_order_id(std::string_view /*idempotency_key*/) { return new_uuid_v7(); }
Uuid new_request_id(const Uuid& /*order_id*/) { return new_uuid_v7(); }
Uuid new_user_id(std::string_view /*username*/) { return new_uuid_v7(); }
Uuid new_product_id() { return new_uuid_v7(); }
Uuid new_adjustment_id(const Uuid& /*account_id*/) { return new_uuid_v7(); }
Uuid new_dead_letter_id(std::string_view /*key*/) { return new_uuid_v7(); }
Uuid new_audit_id(const Uuid& /*subject*/) { return new_uuid_v7(); }
Uuid new_message_id(const Uuid& /*subject*/) { return new_uuid_v7(); }
Uuid new_installation_id() { return new_uuid_v7(); }
std::string new_correlation_id() { return new_uuid_v7().to_string(); }

Uuid command_id(const Uuid& order_id, int round, std::string_view step) {
  return core::derived_uuid(order_id, std::to_string(round).append(1, '/').append(step));
}

Uuid refund_id(const Uuid& request_id) { return core::derived_uuid(request_id, "refund"); }

Uuid event_id(const Uuid& order_id, std::string_view sequence) {
  return core::derived_uuid(order_id, sequence);
}

}  // namespace orderflow::events
