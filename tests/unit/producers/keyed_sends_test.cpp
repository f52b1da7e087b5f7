#include "producers/keyed_sends.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>

namespace orderflow::producers {
namespace {

constexpr const char* kEvents = "orders.events";

class Stage {
 public:
  Stage()
      : sends([this](const KeyedSends::Message& one, core::Refusal& why) {
          if (full) return core::Sent::kQueueFull;
          if (one.message.body == "too large") {
            why.error = "MSG_SIZE_TOO_LARGE";
            return core::Sent::kRefused;
          }
          sent.push_back(one.message.body);
          return core::Sent::kYes;
        }) {}

  void add(const std::string& key, const std::string& body, bool in_sequence = true) {
    core::OutgoingMessage message{kEvents, key, body, {}};
    message.headers.add("ce_subject", key).add("ce_sequence", "7");
    sends.add({std::move(message), ++tag, in_sequence});
  }
  void refuse(const std::string& key, std::uint64_t its_tag) {
    Refused refused;
    refused.subject = key;
    refused.tags = {its_tag};
    sends.refused(kEvents, key, refused);
  }

  std::vector<std::string> sent;
  bool full = false;
  std::uint64_t tag = 0;
  KeyedSends sends;
};

using Bodies = std::vector<std::string>;
using Tags = std::vector<std::uint64_t>;

TEST_CASE("of each key one message is under way, keys do not wait for each other") {
  Stage stage;
  stage.add("a", "a1");
  stage.add("a", "a2");
  stage.add("b", "b1");
  CHECK(stage.sent == Bodies{"a1", "b1"});
  CHECK(stage.sends.waiting() == 1);
  stage.sends.stored(kEvents, "a");
  CHECK(stage.sent == Bodies{"a1", "b1", "a2"});
  stage.sends.stored(kEvents, "a");
  stage.sends.stored(kEvents, "b");
  CHECK(stage.sends.idle());
}

TEST_CASE("what must not pass a refused message waits behind it until it is settled") {
  Stage stage;
  stage.add("a", "a1");
  stage.add("a", "a2");
  stage.refuse("a", 1);
  stage.add("a", "a3");
  stage.add("b", "b1");
  CHECK(stage.sent == Bodies{"a1", "b1"});
  const auto refusals = stage.sends.refusals();
  REQUIRE(refusals.size() == 1);
  CHECK(refusals.front().subject == "a");
  CHECK(refusals.front().tags == Tags{1, 2, 3});
  stage.sends.settle();
  CHECK(stage.sends.refusals().empty());
  stage.add("a", "a4");
  CHECK(stage.sent == Bodies{"a1", "b1", "a4"});
}

TEST_CASE("a refused message that nothing depends on is left out") {
  Stage stage;
  stage.add("a", "a1", false);
  stage.add("a", "a2", false);
  stage.refuse("a", 1);
  CHECK(stage.sent == Bodies{"a1", "a2"});
  CHECK(stage.sends.refusals().front().tags == Tags{1});
}

TEST_CASE("what the client itself refuses is told as what the broker refuses") {
  Stage stage;
  stage.add("a", "too large");
  stage.add("a", "a2");
  CHECK(stage.sent.empty());
  const auto refusals = stage.sends.refusals();
  REQUIRE(refusals.size() == 1);
  CHECK(refusals.front().why.error == "MSG_SIZE_TOO_LARGE");
  CHECK(refusals.front().subject == "a");
  CHECK(refusals.front().sequence == 7);
  CHECK(refusals.front().tags == Tags{1, 2});
}

TEST_CASE("what the client has no room for is sent when it has, in order") {
  Stage stage;
  stage.full = true;
  stage.add("a", "a1");
  stage.add("a", "a2");
  stage.sends.go_on();
  CHECK(stage.sent.empty());
  CHECK(stage.sends.waiting() == 2);
  stage.full = false;
  stage.sends.go_on();
  CHECK(stage.sent == Bodies{"a1"});
  stage.sends.stored(kEvents, "a");
  CHECK(stage.sent == Bodies{"a1", "a2"});
}

}  // namespace
}  // namespace orderflow::producers
