#include "http-api/admin/dead_letter_keys.hpp"

namespace orderflow::http_api {

asio::awaitable<KnownKey> DeadLetterKeys::ask_all(Question question, const IdempotencyKey& key) {
  for (KeyStore* context : contexts_) {
    KnownKey known = co_await (context->*question)(key);
    if (!known || *known) co_return known;
  }
  co_return std::nullopt;
}

}  // namespace orderflow::http_api
