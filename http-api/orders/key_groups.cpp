#include "http-api/orders/key_groups.hpp"

#include <map>
#include <string_view>
#include <utility>

namespace orderflow::http_api {

void KeyGroup::inserted() {
  const Member winner = undecided_.front();
  winner.order->row.created_at = core::time_of(winner.order->row.id.uuid);
  winner.outcome->result = PlaceResult::kPlaced;
  undecided_.erase(undecided_.begin());
  if (winner.order->key) replay_or_refuse(winner.order->row, winner.order->key->request_hash);
}

void KeyGroup::refused(const std::string& detail) {
  const auto& key = undecided_.front().order->key;
  std::erase_if(undecided_, [&, first = undecided_.front().order](const Member& member) {
    const bool same =
        member.order == first || (key && member.order->key->request_hash == key->request_hash);
    if (same) *member.outcome = {PlaceResult::kRefused, {}, detail};
    return same;
  });
}

void KeyGroup::taken(const OrderRow& first, std::string_view request_hash) {
  replay_or_refuse(first, request_hash);
}

void KeyGroup::unavailable(const std::string& detail) {
  for (const Member& member : undecided_) {
    *member.outcome = {PlaceResult::kUnavailable, {}, detail};
  }
  undecided_.clear();
}

void KeyGroup::replay_or_refuse(const OrderRow& first, std::string_view request_hash) {
  for (const Member& member : undecided_) {
    if (member.order->key->request_hash == request_hash) {
      *member.outcome = {PlaceResult::kReplayed, first, {}};
    } else {
      member.outcome->result = PlaceResult::kKeyReused;
    }
  }
  undecided_.clear();
}

std::vector<KeyGroup> group_by_key(std::span<const KeyGroup::Member> batch) {
  std::vector<KeyGroup> groups;
  groups.reserve(batch.size());
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> by_key;
  for (const auto& member : batch) {
    const auto& key = member.order->key;
    if (key) {
      const auto [known, is_new] = by_key.try_emplace({key->scope, key->key}, groups.size());
      if (!is_new) {
        groups[known->second].add(member);
        continue;
      }
    }
    groups.emplace_back().add(member);
  }
  return groups;
}

}  // namespace orderflow::http_api
