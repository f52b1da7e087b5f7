#include "producers/keyed_sends.hpp"

#include <utility>

#include "core/values/number.hpp"
#include "producers/publish_marks.hpp"

namespace orderflow::producers {
namespace {

// No name of a topic has the separator.
std::string lane_name(const std::string& topic, const std::string& key) {
  return topic + "/" + key;
}

std::string header_of(const core::OutgoingMessage& message, std::string_view wanted) {
  for (const auto& [name, value] : message.headers) {
    if (name == wanted) return std::string(value);
  }
  return {};
}

Refused refused_message(const KeyedSends::Message& message, core::Refusal why) {
  Refused refused;
  refused.why = std::move(why);
  refused.subject = header_of(message.message, "ce_subject");
  refused.sequence =
      core::parse_number<std::int64_t>(header_of(message.message, "ce_sequence")).value_or(0);
  refused.owner_partition = PublishMarks::partition_of(message.tag);
  refused.tags = {message.tag};
  return refused;
}

}  // namespace

void KeyedSends::add(Message message) {
  const std::string name = lane_name(message.message.topic, message.message.key);
  if (const auto held = held_.find(name); held != held_.end() && message.in_sequence) {
    held->second.tags.push_back(message.tag);
    return;
  }
  lanes_[name].waiting.push_back(std::move(message));
  ++waiting_;
  run(name);
}

void KeyedSends::run(const std::string& name) {
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  while (!lane.under_way && !lane.waiting.empty()) {
    Message message = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    --waiting_;
    core::Refusal why;
    switch (send_(message, why)) {
      case core::Sent::kYes:
        lane.under_way = true;
        lane.in_sequence = message.in_sequence;
        return;
      case core::Sent::kQueueFull:
        lane.waiting.push_front(std::move(message));
        ++waiting_;
        blocked_.push_back(name);
        return;
      case core::Sent::kRefused:
        give_up(name, lane, message.in_sequence, refused_message(message, std::move(why)));
        break;
    }
  }
  if (!lane.under_way) lanes_.erase(found);
}

void KeyedSends::give_up(const std::string& name, Lane& lane, bool in_sequence, Refused message) {
  if (!in_sequence) {
    skipped_.push_back(std::move(message));
    return;
  }
  for (const Message& behind : lane.waiting) message.tags.push_back(behind.tag);
  waiting_ -= lane.waiting.size();
  lane.waiting.clear();
  held_.insert_or_assign(name, std::move(message));
}

void KeyedSends::stored(const std::string& topic, const std::string& key) {
  const std::string name = lane_name(topic, key);
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  found->second.under_way = false;
  run(name);
}

void KeyedSends::refused(const std::string& topic, const std::string& key, Refused message) {
  const std::string name = lane_name(topic, key);
  const auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  found->second.under_way = false;
  give_up(name, found->second, found->second.in_sequence, std::move(message));
  run(name);
}

void KeyedSends::go_on() {
  for (const std::string& name : std::exchange(blocked_, {})) run(name);
}

std::vector<Refused> KeyedSends::refusals() const {
  std::vector<Refused> all = skipped_;
  for (const auto& [name, refused] : held_) all.push_back(refused);
  return all;
}

void KeyedSends::settle() {
  skipped_.clear();
  held_.clear();
}

void KeyedSends::clear() {
  lanes_.clear();
  held_.clear();
  skipped_.clear();
  blocked_.clear();
  waiting_ = 0;
}

}  // namespace orderflow::producers
