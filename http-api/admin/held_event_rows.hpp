#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

// An order whose events Kafka refuses from one on, in the list of them.
struct HeldEventsRow {
  core::Uuid order_id;
  std::int64_t sequence = 0;  // Of the event that is refused.
  std::string type;
  core::Time time;
  std::int64_t events = 0;  // That one and those that wait behind it.
  std::string reason;       // Kafka's words, with topic, partition and remedy.
  core::Time refused_at;    // The last time.

  [[nodiscard]] const core::Uuid& position() const { return order_id; }
  [[nodiscard]] static HeldEventsRow read(core::PgRow& row);
};

[[nodiscard]] std::string held_events_json(const HeldEventsRow& held);

// Newest order first.
[[nodiscard]] KeysetQuery list_held_events();

// Why Kafka refuses events of this order; nothing when it has refused none, or they are on their
// way once more.
[[nodiscard]] std::optional<std::string> held_reason(core::PgSession& session,
                                                     const core::Uuid& order_id);
// Kafka has acknowledged each event of the order.
[[nodiscard]] bool is_published(core::PgSession& session, const core::Uuid& order_id);

}  // namespace orderflow::http_api
