#include "http-api/admin/dead_letter_keys.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

// The keys of one context: what it knows, and how often it was asked.
class OneContext final : public KeyStore {
 public:
  KnownKey known;
  int asked = 0;

  std::string_view name() const override { return "one"; }
  const KeyTable* table() const override { return &kKeyTable<"one">; }
  asio::awaitable<KnownKey> find(const IdempotencyKey& /*key*/) override {
    ++asked;
    co_return known;
  }
  asio::awaitable<KnownKey> settle(const IdempotencyKey& /*key*/) override {
    ++asked;
    co_return known;
  }
};

KnownKey outcome_of(asio::awaitable<KnownKey> question) {
  asio::io_context context;
  auto outcome = asio::co_spawn(context, std::move(question), asio::use_future);
  context.run();
  return outcome.get();
}

TEST_CASE("a key is known when the context of its dead letter knows it") {
  OneContext orders, payments, delivery;
  DeadLetterKeys keys({&orders, &payments, &delivery});
  const IdempotencyKey key{"POST /admin/dead-letters/{id}/discard eve", "k", "hash"};

  const auto free = outcome_of(keys.find(key));
  REQUIRE(free);
  CHECK_FALSE(*free);
  CHECK(orders.asked + payments.asked + delivery.asked == 3);

  payments.known = StoredAnswer{200, "", "{}"};
  const auto found = outcome_of(keys.find(key));
  REQUIRE(found);
  REQUIRE(*found);
  CHECK((*found)->body == "{}");
  CHECK((*outcome_of(keys.settle(key)))->body == "{}");
  CHECK(delivery.asked == 1);

  CHECK(keys.table() == nullptr);
}

TEST_CASE("a repeat meets its own claim, whatever else its key stands for") {
  OneContext orders, payments, delivery;
  DeadLetterKeys keys({&orders, &payments, &delivery});
  const IdempotencyKey key{"POST /admin/dead-letters/{id}/discard eve", "k", "hash"};

  orders.known = refuse(key_reused());
  const auto other = outcome_of(keys.find(key));
  REQUIRE_FALSE(other);
  CHECK(other.error().code == key_reused().code);

  payments.known = StoredAnswer{200, "", "{}"};
  for (const auto& own : {outcome_of(keys.find(key)), outcome_of(keys.settle(key))}) {
    REQUIRE(own);
    REQUIRE(*own);
    CHECK((*own)->body == "{}");
  }

  // Who cannot say whether it knows the request ends the search.
  orders.known = refuse(unavailable("Too many ask."));
  const auto unknown = outcome_of(keys.find(key));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == unavailable("").code);
}

}  // namespace
}  // namespace orderflow::http_api
