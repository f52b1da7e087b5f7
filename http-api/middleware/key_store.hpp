#pragma once

#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "core/async/group_commit.hpp"
#include "core/async/one_shot.hpp"
#include "core/pg/session.hpp"
#include "core/pg/session_pool.hpp"
#include "http-api/middleware/key_table.hpp"
#include "http-api/server/api_context.hpp"
#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {

// The idempotency keys of routes, as the middleware asks for them. Any coroutine may ask.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // What policies call it: that of one context has the context's name.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Where its keys are claimed; null: the handler says so.
  [[nodiscard]] virtual const KeyTable* table() const = 0;
  // What was committed so far. The problem is 422 for another request's key, and 429, whatever is
  // known, when too many ask. Throws core::Unavailable.
  [[nodiscard]] virtual asio::awaitable<KnownKey> find(const IdempotencyKey& key) = 0;
  // The same, but waits for a request under way that has claimed the key.
  [[nodiscard]] virtual asio::awaitable<KnownKey> settle(const IdempotencyKey& key) = 0;
};

// In the database. Look-ups of many requests are one statement, on a session of their own, so that
// a known key is answered however slow what it guards has become. settle() waits on the sessions
// of the context, as the claim of an effect does.
class DatabaseKeyStore final : public KeyStore {
 public:
  // `role` is the context's in the database. `sessions` outlives the store.
  DatabaseKeyStore(const ApiEnvironment& environment, const KeyTable& table, const char* role,
                   core::SessionPool& sessions);

  void request_stop() { queue_.request_stop(); }
  void stop() { queue_.stop(); }

  [[nodiscard]] std::string_view name() const override { return table_.schema; }
  [[nodiscard]] const KeyTable* table() const override { return &table_; }
  [[nodiscard]] asio::awaitable<KnownKey> find(const IdempotencyKey& key) override;
  [[nodiscard]] asio::awaitable<KnownKey> settle(const IdempotencyKey& key) override;

 private:
  using Outcome = std::variant<std::exception_ptr, KnownKey>;
  struct LookUp {
    IdempotencyKey key;
    std::shared_ptr<core::OneShot<Outcome>> outcome = std::make_shared<core::OneShot<Outcome>>();
  };

  void answer(std::span<LookUp> batch);

  const KeyTable& table_;
  core::SessionPool& sessions_;
  core::PgSession session_;  // the thread's
  core::GroupCommit<LookUp> queue_;
};

// The sessions of one context and the idempotency keys it keeps, which end together.
class KeyedSessions {
 public:
  // `role` is the context's in the database.
  KeyedSessions(const ApiEnvironment& environment, const KeyTable& table, const char* role)
      : sessions_(context_sessions(environment, role)),
        keys_(environment, table, role, *sessions_) {}

  [[nodiscard]] const std::shared_ptr<core::SessionPool>& sessions() const { return sessions_; }
  [[nodiscard]] DatabaseKeyStore& keys() { return keys_; }

  void request_stop() {
    sessions_->request_stop();
    keys_.request_stop();
  }
  void stop() {
    sessions_->stop();
    keys_.stop();
  }

 private:
  std::shared_ptr<core::SessionPool> sessions_;
  DatabaseKeyStore keys_;
};

}  // namespace orderflow::http_api
