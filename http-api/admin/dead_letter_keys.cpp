#include "http-api/admin/dead_letter_keys.hpp"

namespace orderflow::http_api {

asio::awaitable<KnownKey> DeadLetterKeys::ask_all(Question question, const IdempotencyKey& key) {
  KnownKey outcome = std::nullopt;
  for (KeyStore* context : contexts_) {
    KnownKey known = co_await (context->*question)(key);
    const bool reused = !known && known.error().code == key_reused().code;
    if (reused) {
      outcome = std::move(known);
    } else if (!known || *known) {
      co_return known;
    }
  }
  co_return outcome;
}

}  // namespace orderflow::http_api
