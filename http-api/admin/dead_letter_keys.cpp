#include "http-api/admin/dead_letter_keys.hpp"

namespace orderflow::http_api {

asio::awaitable<KnownKey> DeadLetterKeys::find(const IdempotencyKey& key) {
  for (KeyStore* context : contexts_) {
    KnownKey known = co_await context->find(key);
    if (!known || *known) co_return known;
  }
  co_return std::nullopt;
}

asio::awaitable<KnownKey> DeadLetterKeys::settle(const IdempotencyKey& key) {
  for (KeyStore* context : contexts_) {
    KnownKey known = co_await context->settle(key);
    if (!known || *known) co_return known;
  }
  co_return std::nullopt;
}

}  // namespace orderflow::http_api
