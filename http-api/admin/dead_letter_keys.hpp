#pragma once

#include <utility>
#include <vector>

#include "http-api/middleware/key_store.hpp"

namespace orderflow::http_api {

// The idempotency keys of what operators do to dead letters. Each is kept in the context whose dead
// letter it was, which the route does not tell: so all of them are asked, and the handler says
// where a key is claimed. No transaction spans two contexts: requests about letters of several
// contexts that arrive at once with one key are each carried out, and each repeat is told its own
// answer. One that comes later is refused. Any coroutine may ask. The stores outlive it.
class DeadLetterKeys final : public KeyStore {
 public:
  static constexpr std::string_view kName = "dead letters";

  explicit DeadLetterKeys(std::vector<KeyStore*> contexts) : contexts_(std::move(contexts)) {}

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] const KeyTable* table() const override { return nullptr; }
  [[nodiscard]] asio::awaitable<KnownKey> find(const IdempotencyKey& key) override {
    return ask_all(&KeyStore::find, key);
  }
  [[nodiscard]] asio::awaitable<KnownKey> settle(const IdempotencyKey& key) override {
    return ask_all(&KeyStore::settle, key);
  }

 private:
  using Question = asio::awaitable<KnownKey> (KeyStore::*)(const IdempotencyKey& key);
  // One after the other, until one knows the request or cannot say; where a key stands for another
  // request, this one may still be known to the next.
  asio::awaitable<KnownKey> ask_all(Question question, const IdempotencyKey& key);

  std::vector<KeyStore*> contexts_;
};

}  // namespace orderflow::http_api
