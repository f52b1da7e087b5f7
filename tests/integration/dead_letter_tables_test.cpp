// What the lists and the removal of dead letters ask of the database, and that removal keeps up.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/values/uuid.hpp"
#include "events/roles.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/housekeeper.hpp"
#include "tests/integration/participant_harness.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

using http_api::DeadLetterFilter;
using http_api::DeadLetterTable;
using http_api::KeysetQuery;

std::string schema_of(const DeadLetterTable& table) {
  return std::string(events::find_role(table.source)->schema);
}

// With ids that ascend, as those of real ones do. `when`: resolved_at of the one of number n.
void fill(const MigratedDatabase& database, const std::string& schema, int count,
          const std::string& when, const std::string& body = "'x'") {
  database.sql().execute(
      "INSERT INTO " + schema +
      ".dead_letters (id, topic, partition, message_offset, key, headers, body, reason, "
      "resolved_at, resolution) SELECT (lpad(to_hex(n), 12, '0') || '7000' || "
      "left(md5(random()::text), 16))::uuid, 'topic', 0, n, 'k', '{}', " +
      body + ", 'a test', " + when + ", CASE WHEN " + when +
      " IS NULL THEN NULL ELSE 'discarded' END FROM generate_series(1, " + std::to_string(count) +
      ") n");
}

std::string plan_of(core::PgSession& session, KeysetQuery query,
                    const http_api::PageRequest& page) {
  query.select.insert(0, "EXPLAIN ");
  std::string plan;
  const auto rows = query.run(session, page);
  for (int i = 0; i < rows.rows(); ++i) plan.append(rows.text(i, 0)).append("\n");
  return plan;
}

// In the order of an index, from the position on: neither read whole nor sorted.
void check_by_index(const std::string& plan) {
  INFO(plan);
  CHECK(plan.find("Index") != std::string::npos);
  CHECK(plan.find("Seq Scan") == std::string::npos);
  CHECK(plan.find("Sort") == std::string::npos);
}

TEST_CASE("every list of dead letters is read from an index, and reads no messages",
          "[dead-letters]") {
  const MigratedDatabase database;
  for (const DeadLetterTable& table : http_api::dead_letter_tables()) {
    fill(database, schema_of(table), 20'000, "CASE WHEN n % 20 > 0 THEN now() END");
    database.sql().execute("ANALYZE " + schema_of(table) + ".dead_letters");
    core::PgSession session(core::DatabaseUrl(database.url()), {.role = table.database_role});
    for (const bool resolved_too : {false, true}) {
      for (const char* topic : {"", "topic", "no such topic"}) {
        for (const bool first : {true, false}) {
          CAPTURE(table.source, resolved_too, topic, first);
          const auto query =
              http_api::list_dead_letters(table, DeadLetterFilter{"", topic, resolved_too});
          for (const char* column : {"body", "headers", "*"}) {
            CHECK(query.select.find(column) == std::string::npos);
          }
          http_api::PageRequest page{.limit = 200};
          if (!first) page.after = core::Uuid::parse("00000000-2000-7000-8000-000000000000");
          check_by_index(plan_of(session, query, page));
        }
      }
    }
    const std::string forget = std::string("PREPARE f AS ") + table.forget.sql;
    std::string plan;
    for (const auto& row : database.sql().rows(forget + "; EXPLAIN EXECUTE f(1000000, 100)")) {
      plan.append(row[0].value_or("")).append("\n");
    }
    check_by_index(plan);
  }
}

// A day's in a minute, let alone twice what comes: until none is left, whatever their number.
TEST_CASE("resolved dead letters are removed in time, all of them, and open ones never",
          "[dead-letters]") {
  const MigratedDatabase database;
  constexpr int kOld = 5'000;
  constexpr int kRecent = 70;
  constexpr int kOpen = 300;
  for (const DeadLetterTable& table : http_api::dead_letter_tables()) {
    const auto schema = schema_of(table);
    fill(database, schema, kOld, "now() - interval '31 days'");
    fill(database, schema, kRecent, "now() - interval '29 days'");
    fill(database, schema, kOpen, "NULL");
    database.sql().execute("UPDATE " + schema +
                           ".dead_letters SET created_at = now() - interval '90 days'");
  }
  core::Logger logger("test", core::LogLevel::kError);
  core::Metrics metrics("test");
  const core::Health health;
  const http_api::ApiEnvironment environment{database.settings(), logger, metrics, health};
  const http_api::Housekeeper housekeeper(environment, {});
  for (const DeadLetterTable& table : http_api::dead_letter_tables()) {
    const auto count = [&](const std::string& condition) {
      return database.sql().number("SELECT count(*) FROM " + schema_of(table) +
                                   ".dead_letters WHERE " + condition);
    };
    // Its first round: the next one comes a minute later.
    wait_until("old letters of " + std::string(table.source) + " are gone",
               [&] { return count("resolved_at < now() - interval '30 days'") == 0; });
    CHECK(count("resolved_at IS NOT NULL") == kRecent);
    CHECK(count("resolved_at IS NULL") == kOpen);
  }
}

TEST_CASE("removing a dead letter's batch is bounded", "[dead-letters]") {
  const MigratedDatabase database;
  const auto& table = http_api::dead_letter_tables().front();
  fill(database, schema_of(table), 250, "now() - interval '2 days'");
  core::PgSession session(core::DatabaseUrl(database.url()), {.role = table.database_role});
  std::vector<std::int64_t> removed;
  do {
    removed.push_back(http_api::forget_dead_letters(session, table, std::chrono::hours{24}, 100));
  } while (removed.back() == 100);
  CHECK(removed == std::vector<std::int64_t>{100, 100, 50});
}

TEST_CASE("of a large dead letter only its beginning is read to be shown", "[dead-letters]") {
  const MigratedDatabase database;
  const auto& table = http_api::dead_letter_tables().front();
  // Three bytes a character: the limit cuts one.
  fill(database, schema_of(table), 1, "NULL", "convert_to(repeat('\u20ac', 300000), 'UTF8')");
  core::PgSession session(core::DatabaseUrl(database.url()), {.role = table.database_role});
  const auto id = core::Uuid::parse(database.sql().text("SELECT id FROM orders.dead_letters"));
  const auto letter = http_api::find_dead_letter(session, table, id.value());
  REQUIRE(letter);
  CHECK(letter->body.size() == 65'536);
  CHECK(letter->body_bytes == 900'000);
  const auto shown = nlohmann::json::parse(http_api::full_dead_letter_json(*letter, "[]"));
  CHECK(shown.at("body_encoding") == "utf-8");
  CHECK(shown.at("body").get<std::string>().size() == 65'535);
  CHECK(shown.at("body_bytes") == 900'000);
  core::PgTransaction transaction(session);
  CHECK(http_api::lock_dead_letter(transaction, table, id.value())->body.size() == 900'000);
}

}  // namespace
}  // namespace orderflow::testing
