#pragma once

#include <string>
#include <string_view>

#include "core/values/uuid.hpp"

// Where the ids of rows and messages are made, and nowhere else. Each is told what it belongs to,
// so that it can be drawn, once there are many servers, to lie on the same one: an order with its
// idempotency key, a job, payment or delivery with its order. As yet new ids (version 7, ascending)
// make no use of it, and derived ones (version 8) begin with the time of what they derive from.
// Thread-safe.
namespace orderflow::events {

// The key may be empty: then the order belongs to nothing that is there already.
[[nodiscard]] core::Uuid new_order_id(std::string_view idempotency_key);
// Of a request on an order, which is the job that GET /jobs/{id} shows.
[[nodiscard]] core::Uuid new_request_id(const core::Uuid& order_id);
// A user's account has the user's id.
[[nodiscard]] core::Uuid new_user_id(std::string_view username);
[[nodiscard]] core::Uuid new_product_id();
[[nodiscard]] core::Uuid new_adjustment_id(const core::Uuid& account_id);
// `key`: the message's.
[[nodiscard]] core::Uuid new_dead_letter_id(std::string_view key);
// Of an entry in the operators' trail.
[[nodiscard]] core::Uuid new_audit_id(const core::Uuid& subject);
// Of a message as it is sent this time; `subject`: the order or account it is about.
[[nodiscard]] core::Uuid new_message_id(const core::Uuid& subject);
[[nodiscard]] core::Uuid new_installation_id();
[[nodiscard]] std::string new_correlation_id();

// The id of a step's command, and so of its payment or delivery: the same for every attempt and for
// its undo, another in each round. By the step's name, since its place may change while sagas are
// under way. Pure, as are those below.
[[nodiscard]] core::Uuid command_id(const core::Uuid& order_id, int round, std::string_view step);
[[nodiscard]] core::Uuid refund_id(const core::Uuid& request_id);
// Of an event, whenever it is published.
[[nodiscard]] core::Uuid event_id(const core::Uuid& order_id, std::string_view sequence);

}  // namespace orderflow::events
