#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/pg/params.hpp"
#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// An answer as it is kept for replay: all other headers belong to the request that gets it.
struct StoredAnswer {
  static constexpr core::SqlText kColumns{"k.status, k.location, k.body"};

  int status = 200;
  std::string location;  // empty: none
  std::string body;      // the bytes that were sent

  [[nodiscard]] static StoredAnswer read(core::PgRow& row) {
    return {row.take<std::int32_t>(), row.take<std::string>(), row.take<std::string>()};
  }
};

[[nodiscard]] Response response_of(StoredAnswer answer);
// The same, marked as one that was given before.
[[nodiscard]] Response replayed(StoredAnswer answer);

// The keys that one context keeps, in a table of its own beside what they guard, and the statements
// about them. Keys lie in a partition for each day, of which the last two count; the one of the day
// before is emptied (Housekeeper). So a key is kept for 24 hours at least.
struct KeyTable {
  const char* schema;
  core::PgStatement read;   // arrays of scopes and of keys: rows of KeptAnswer
  core::PgStatement claim;  // scope, key, shard, hash: whether the key is now the transaction's
  core::PgStatement store;  // scope, key, status, location, body
  // Reads the columns behind the hash.
  StoredAnswer (*answer)(core::PgRow& row) = &StoredAnswer::read;
};

// What a claim is made of, for statements that claim many keys. A key claimed yesterday is taken.
// Within the last minutes of a day it is claimed for the next day too: a request of the next day
// then meets the row of one that has not ended yet, and waits for it. Today's row is inserted
// first: where the next day's is then refused, its owner outlives the row that is left. OFFSET 0
// makes it one probe of the index for each key, however few keys there were when it was planned.
inline constexpr core::SqlText kKeyDay{"ops.key_slot(interval '0')"};
inline constexpr core::SqlText kKeyDayBefore{"ops.key_slot(interval '-1 day')"};
inline constexpr core::SqlText kKeyDayAhead{"ops.key_slot(interval '10 minutes')"};

// Which of the rows of a key `k` stand for something: none of the partition that is to be emptied,
// nor one that lies where tomorrow's will since nobody was there to empty it in time.
inline constexpr core::SqlText kKeyCounts{
    "k.slot <> ops.key_slot(interval '-2 days') AND k.created_at > now() - interval '2 days'"};

// The table of a context whose answers are all kept as they were sent: `kKeyTable<"payments">`.
template <core::SqlText Schema>
inline constexpr KeyTable kKeyTable{
    core::sql<Schema>,
    {core::sql<"api_keys_read_", Schema>,
     core::sql<"SELECT k.scope, k.key, k.request_hash, ", StoredAnswer::kColumns,
               " FROM unnest($1::text[], $2::text[]) AS w(scope, key) CROSS JOIN LATERAL"
               " (SELECT * FROM ",
               Schema,
               ".idempotency_keys k WHERE k.scope = w.scope"
               " AND k.key = w.key AND k.body IS NOT NULL AND ",
               kKeyCounts, " LIMIT 1) k">},
    {core::sql<"api_keys_claim_", Schema>,
     core::sql<"WITH claimed AS (INSERT INTO ", Schema,
               ".idempotency_keys (slot, scope, key, shard, request_hash) SELECT ", kKeyDay,
               ", $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM ", Schema,
               ".idempotency_keys k WHERE k.scope = $1 AND k.key = $2 AND k.slot = ", kKeyDayBefore,
               " OFFSET 0) ON CONFLICT DO NOTHING RETURNING slot), ahead AS (INSERT INTO ", Schema,
               ".idempotency_keys (slot, scope, key, shard, request_hash) SELECT ", kKeyDayAhead,
               ", $1, $2, $3, $4 FROM claimed WHERE slot <> ", kKeyDayAhead,
               " ON CONFLICT DO NOTHING RETURNING slot)"
               " SELECT EXISTS (SELECT FROM claimed WHERE slot = ",
               kKeyDayAhead, ") OR EXISTS (SELECT FROM ahead)">},
    {core::sql<"api_keys_store_", Schema>,
     core::sql<"UPDATE ", Schema,
               ".idempotency_keys SET status = $3, location = $4, body = $5"
               " WHERE scope = $1 AND key = $2 AND body IS NULL">}};

// What a key stands for: the first request with it, and how that was answered.
struct KeptAnswer {
  std::string scope;
  std::string key;
  std::string request_hash;
  StoredAnswer answer;
};

// The keys that stand for something, in one statement.
[[nodiscard]] core::PgCall read_keys(const KeyTable& table,
                                     std::span<const IdempotencyKey* const> keys);
[[nodiscard]] std::vector<KeptAnswer> kept_answers(const KeyTable& table,
                                                   const core::PgResult& result);

// What is known of a key: how its first request was answered; nothing while it is free; or why it
// does not serve this request.
using KnownKey = Checked<std::optional<StoredAnswer>>;

// Of a key that stands for something: the same answer again, or 422 when something else is asked.
[[nodiscard]] KnownKey answer_to_repeat(KeptAnswer kept, const IdempotencyKey& key);

}  // namespace orderflow::http_api
