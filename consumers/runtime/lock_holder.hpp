#pragma once

#include <string>

#include "core/pg/session.hpp"

namespace orderflow::consumers {

// Who, other than Orderflow, holds locks in tables of ours that may be in the way: the oldest such
// transaction, with what ends it; or that nobody does any more. For a person; a reading of
// pg_locks, so only after a lock_timeout. Throws what the session throws.
[[nodiscard]] std::string lock_holder(core::PgSession& session);

}  // namespace orderflow::consumers
