#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "events/messages.hpp"

namespace orderflow::domain {

// An id that tells what it is for when a test fails.
inline core::Uuid id(std::uint8_t kind, std::uint8_t number) {
  core::Uuid uuid;
  uuid.bytes[0] = kind;
  uuid.bytes[15] = number;
  return uuid;
}

inline const core::Uuid kOrder = id(1, 1);
inline constexpr core::Time kNow{std::chrono::seconds{1'000}};

inline nlohmann::json data_of(const events::Reply& reply) {
  return nlohmann::json::parse(reply.data);
}

inline bool same(const events::Reply& a, const events::Reply& b) {
  return a.command_id == b.command_id && a.order_id == b.order_id && a.phase == b.phase &&
         a.outcome == b.outcome && a.code == b.code && a.detail == b.detail && a.data == b.data;
}

}  // namespace orderflow::domain
