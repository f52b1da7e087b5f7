#include "http-api/middleware/key_store.hpp"

#include <chrono>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/pg/settings.hpp"
#include "http-api/middleware/keyed_write.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kLookUpsMax = 1'000;
constexpr std::size_t kLookUpsWaitingMax = 10'000;
constexpr core::Duration kLookUpTimeout = std::chrono::seconds{3};

using KeyName = std::pair<std::string_view, std::string_view>;

Problem too_many_keys() {
  return {429, "overloaded", "Too many requests with an Idempotency-Key wait; try again later.",
          true, 1};
}

}  // namespace

DatabaseKeyStore::DatabaseKeyStore(const ApiEnvironment& environment, const KeyTable& table,
                                   const char* role, core::SessionPool& sessions)
    : table_(table),
      sessions_(sessions),
      session_(environment.settings.get(core::kDatabaseUrl),
               {.application_name = "orderflow-api-keys",
                .role = role,
                .answer_timeout = kLookUpTimeout,
                .index_only_plans = true}),
      queue_(
          core::GroupCommitLimits{
              .batch_max = kLookUpsMax, .waiting_max = kLookUpsWaitingMax, .gathers = false},
          [this](std::span<LookUp> batch) { answer(batch); }) {}

asio::awaitable<KnownKey> DatabaseKeyStore::find(const IdempotencyKey& key) {
  LookUp look_up{key};
  auto asked = look_up.outcome;
  if (!queue_.submit(std::move(look_up))) co_return refuse(too_many_keys());
  Outcome outcome = co_await core::OneShot<Outcome>::wait(std::move(asked));
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

asio::awaitable<KnownKey> DatabaseKeyStore::settle(const IdempotencyKey& key) {
  IdempotencyKey own = key;
  own.table = &table_;
  auto work = [key = std::move(own)](core::PgSession& session) -> KnownKey {
    core::PgTransaction transaction(session);
    if (claim(transaction, key)) return {};
    return find_answer(transaction, key);
  };
  co_return co_await sessions_.run(std::move(work));
}

void DatabaseKeyStore::answer(std::span<LookUp> batch) {
  std::vector<const IdempotencyKey*> keys;
  keys.reserve(batch.size());
  for (const LookUp& look_up : batch) keys.push_back(&look_up.key);
  std::vector<KnownKey> known;
  try {
    const auto kept = kept_answers(table_, session_.execute(read_keys(table_, keys)));
    std::map<KeyName, const KeptAnswer*> by_name;
    for (const KeptAnswer& one : kept) by_name.emplace(KeyName(one.scope, one.key), &one);
    for (const IdempotencyKey* key : keys) {
      const auto found = by_name.find(KeyName(key->scope, key->key));
      known.push_back(found == by_name.end() ? KnownKey() : answer_to_repeat(*found->second, *key));
    }
  } catch (const std::exception&) {
    for (LookUp& look_up : batch) look_up.outcome->set(std::current_exception());
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].outcome->set(std::move(known[i]));
}

}  // namespace orderflow::http_api
