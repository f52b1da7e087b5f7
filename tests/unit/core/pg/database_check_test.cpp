#include "core/pg/database_check.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/scripted_postgres.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;
using testing::pg_answer;
using testing::PgClient;
using testing::ScriptedPostgres;

std::string int4(std::int32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string boolean(bool value) { return std::string(1, value ? '\1' : '\0'); }

struct Facts {
  std::int32_t version = 150'003;
  std::string encoding = "UTF8";
  bool standby = false;
  bool read_only = false;
  std::int32_t backend = 0;  // The welcome names no other.
};

std::string answer_of(const Facts& facts) {
  return pg_answer({int4(facts.version), "14.2", facts.encoding, boolean(facts.standby),
                    boolean(facts.read_only), int4(facts.backend)});
}

// BEGIN, SET, a row, COMMIT: a file was written.
std::string all_went_well() {
  return pg_answer({}) + pg_answer({}) + pg_answer({int4(262'144)}) + pg_answer({});
}

// A server that gives these answers, one a pipeline, and then those of statements that all went
// well.
class Answering {
 public:
  explicit Answering(std::vector<std::string> answers) : answers_(std::move(answers)) {}

  [[nodiscard]] std::string problem() {
    DatabaseCheck check(DatabaseUrl(server_.url()), {.answer_timeout = 2s, .set_up_timeout = 2s});
    return check.problem().value_or("");
  }

 private:
  void serve(PgClient& client) {
    client.welcome();
    for (std::size_t i = 0;; ++i) {
      client.hear_message('S');
      client.say((i < answers_.size() ? answers_[i] : all_went_well()) +
                 std::string(testing::kPgReady));
    }
  }

  std::vector<std::string> answers_;
  ScriptedPostgres server_{[this](PgClient& client) { serve(client); }};
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a database that cannot be worked on says why, and what helps") {
  CHECK(Answering({answer_of({})}).problem().empty());
  CHECK(holds(Answering({answer_of({.version = 140'002})}).problem(), "15 or newer"));
  CHECK(holds(Answering({answer_of({.encoding = "SQL_ASCII"})}).problem(), "UTF8"));
  CHECK(holds(Answering({answer_of({.standby = true})}).problem(), "primary"));
  CHECK(holds(Answering({answer_of({.read_only = true})}).problem(),
              "default_transaction_read_only"));
}

TEST_CASE("a full disk is seen before an order meets it") {
  Answering server({answer_of({}), testing::pg_error("53100", "could not write to file")});
  try {
    (void)server.problem();
    FAIL("the disk was not asked");
  } catch (const DatabaseRefusal& refusal) {
    CHECK(refusal.sqlstate() == "53100");
    CHECK(holds(refusal.what(), "disk"));
  }
}

TEST_CASE("a limit on temporary files is no full disk") {
  Answering server({answer_of({}), testing::pg_error("53400", "temporary file size exceeds")});
  CHECK(server.problem().empty());
}

TEST_CASE("what another session of the process is refused counts for a while") {
  std::atomic<int> clients{0};
  const ScriptedPostgres server([&](PgClient& client) {
    if (++clients > 1) {
      (void)client.hear_start();
      client.say(testing::pg_error("53300", "sorry, too many clients already"));
      return;
    }
    client.welcome();
    for (int pipeline = 0;; ++pipeline) {
      client.hear_message('S');
      // Five looks, and a file is written at the first of them.
      client.say((pipeline % 6 == 1 ? all_went_well() : answer_of({})) +
                 std::string(testing::kPgReady));
    }
  });
  const DatabaseUrl url(server.url());
  DatabaseCheck check(url, {.answer_timeout = 2s, .set_up_timeout = 2s});
  CHECK_FALSE(check.problem());
  PgSession other(url, {.answer_timeout = 2s, .set_up_timeout = 2s});
  CHECK_THROWS_AS(other.connect(), DatabaseRefusal);
  CHECK(holds(check.problem().value_or(""), "max_connections"));
  testing::wait_until("a refusal is forgotten", [&] { return !check.problem(); });
}

// Each transaction of a client gets another backend, unless it keeps the one it has.
std::string problem_behind_pooler(bool keeps_sessions) {
  std::atomic<int> clients{0};
  const ScriptedPostgres server([&](PgClient& client) {
    const int number = ++clients;
    client.welcome();
    for (int pipeline = 0;; ++pipeline) {
      client.hear_message('S');
      const auto backend = int4(keeps_sessions ? 100 * number : 100 * number + pipeline);
      const auto facts = answer_of({.backend = 100 * number});
      const bool is_facts = number == 1 && pipeline == 0;
      const bool asks_backend = number == 1 ? pipeline < 3 : pipeline == 1;
      client.say((is_facts       ? facts
                  : asks_backend ? pg_answer({backend})
                  : number == 1  ? all_went_well()
                                 : pg_answer({})) +
                 std::string(testing::kPgReady));
    }
  });
  DatabaseCheck check(DatabaseUrl(server.url()), {.answer_timeout = 2s, .set_up_timeout = 2s});
  return check.problem().value_or("");
}

TEST_CASE("a pooler may stand before the database as long as it keeps sessions") {
  CHECK(problem_behind_pooler(true).empty());
  CHECK(holds(problem_behind_pooler(false), "pool_mode = session"));
}

}  // namespace
}  // namespace orderflow::core
