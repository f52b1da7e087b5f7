#pragma once

#include "core/observe/log.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::schemas {

// Brings the database to the schema this program carries, and creates the partition rows. Safe to
// run again and from many processes at once: each step takes the same advisory lock. Waits for the
// database like await_database. Returns 0; throws MigrationRefused (with the remedy) too, and
// core::BadConfiguration for a database that is not what Orderflow needs.
int run_migrate(const core::Settings& settings, core::Logger& logger);

// Blocks until the database answers, at most as long as ORDERFLOW_DATABASE_START_TIMEOUT says;
// throws core::Unavailable then, and core::BadConfiguration at once for what waiting does not mend
// (wrong password, no such database).
void await_database(const core::Settings& settings, core::PgSession& session, core::Logger& logger);

}  // namespace orderflow::schemas
