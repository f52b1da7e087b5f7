#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/kafka/producer.hpp"
#include "producers/refused.hpp"

namespace orderflow::producers {

// Sends one message at a time for each topic and key: so a message that is refused for good holds
// up nothing, but what must not pass it. Much slower than sending all at once, so it is for topics
// that are known to refuse something. Messages that wait are copies.
//
// One thread; sending is a function, so that no broker is needed to test it.
class KeyedSends {
 public:
  struct Message {
    core::OutgoingMessage message;
    std::uint64_t tag = 0;
    bool in_sequence = false;  // Nothing of its key may be stored when it was not.
  };
  // kRefused: `why` is filled in.
  using Send = std::function<core::Sent(const Message& message, core::Refusal& why)>;

  explicit KeyedSends(Send send) : send_(std::move(send)) {}

  void add(Message message);
  // The message under way for this topic and key was stored, or was refused.
  void stored(const std::string& topic, const std::string& key);
  void refused(const std::string& topic, const std::string& key, Refused message);
  // Sends what the client's queue had no room for.
  void go_on();

  // How many wait for others of their key, or for room.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] bool idle() const { return lanes_.empty() && held_.empty() && skipped_.empty(); }

  // What was refused and is not settled yet.
  [[nodiscard]] std::vector<Refused> refusals() const;
  // What follows from all of these is durable: nothing is kept of them.
  void settle();
  void clear();

 private:
  struct Lane {
    bool under_way = false;
    bool in_sequence = false;  // What is under way.
    std::deque<Message> waiting;
  };

  void run(const std::string& name);
  void give_up(const std::string& name, Lane& lane, bool in_sequence, Refused message);

  Send send_;
  std::unordered_map<std::string, Lane> lanes_;    // By topic and key.
  std::unordered_map<std::string, Refused> held_;  // What comes for these keys waits behind them.
  std::vector<Refused> skipped_;                   // Nothing waits behind these.
  std::vector<std::string> blocked_;               // Lanes that found the client's queue full.
  std::size_t waiting_ = 0;
};

}  // namespace orderflow::producers
