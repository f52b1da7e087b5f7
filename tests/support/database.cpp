#include "tests/support/database.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <pqxx/pqxx>
#include <random>

#include "core/pg/database_url.hpp"
#include "events/roles.hpp"

namespace orderflow::testing {
namespace {

std::string new_name() {
  std::random_device random;
  static std::atomic<int> counter{0};
  return "orderflow_test_" + std::to_string(::getpid()) + "_" + std::to_string(++counter) + "_" +
         std::to_string(random() % 100'000);
}

}  // namespace

std::vector<Row> Database::rows(const std::string& sql) const {
  pqxx::connection connection(core::DatabaseUrl(url_).conninfo());
  pqxx::nontransaction session(connection);
  std::vector<Row> out;
  for (const auto& found : session.exec(sql)) {
    Row row;
    for (const auto& field : found) {
      row.push_back(field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str()));
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::string Database::text(const std::string& sql) const {
  const auto found = rows(sql);
  return found.empty() || found[0].empty() ? "" : found[0][0].value_or("");
}

std::int64_t Database::number(const std::string& sql) const {
  const auto found = text(sql);
  return found.empty() ? 0 : std::stoll(found);
}

void Database::execute(const std::string& sql) const { (void)rows(sql); }

bool Database::answers() const {
  return PQping(core::DatabaseUrl(url_).conninfo().c_str()) == PQPING_OK;
}

void store_partition_count(const Database& database, int before, int now) {
  for (const events::Role& owner : events::kOwners) {
    database.execute("INSERT INTO " + std::string(owner.schema) +
                     ".partitions (partition) SELECT generate_series(" + std::to_string(before) +
                     ", " + std::to_string(now - 1) + ")");
  }
  database.execute("UPDATE ops.settings SET value = '" + std::to_string(now) +
                   "' WHERE name = 'partition_count'");
}

std::string with_database(const std::string& url, const std::string& name) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(core::DatabaseUrl(url).conninfo().c_str(), &error);
  if (options == nullptr) FAIL("not a database URL: " << (error == nullptr ? "" : error));
  std::string out;
  for (const auto* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::string_view(option->keyword) == "dbname") continue;
    out += std::string(option->keyword) + "=" + core::quoted_conninfo_value(option->val) + " ";
  }
  PQconninfoFree(options);
  return out + "dbname=" + core::quoted_conninfo_value(name);
}

TestDatabase::TestDatabase(const std::string& server_url)
    : server_(server_url), name_(new_name()), url_(with_database(server_url, name_)) {
  Database(server_).execute("CREATE DATABASE " + name_);
}

TestDatabase::TestDatabase(const std::string& server_url, const TestDatabase& original)
    : server_(server_url), name_(new_name()), url_(with_database(server_url, name_)) {
  Database(server_).execute("CREATE DATABASE " + name_ + " TEMPLATE " + original.name_);
}

TestDatabase::~TestDatabase() {
  try {
    Database(server_).execute("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    // The test is over; a database that stays behind is worth a line, not a crash.
    std::cerr << "cannot drop " << name_ << ": " << error.what() << "\n";
  }
}

}  // namespace orderflow::testing
