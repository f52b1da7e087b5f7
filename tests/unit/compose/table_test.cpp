#include "compose/table.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <string>
#include <vector>

using orderflow::compose::EntryKind;
using orderflow::compose::parse_table;
using orderflow::compose::ReadyCheck;
using orderflow::compose::to_line;

TEST_CASE("a table line becomes an entry, field by field") {
  const auto entries = parse_table(
      "# name\tkind\tready\tuser\tstop\tcommand\n"
      "\n"
      "postgres\tdaemon\tpostgres:15432\tpostgres\tINT/QUIT\t/bin/postgres\t-D\t/a folder/data\n"
      "migrate\toneshot\t-\t-\t-\torderflow\tmigrate\n"
      "api\tdaemon\thttp:8080/health/ready\t-\t-\torderflow\tapi\n"
      "broker\tdaemon\ttcp:19092\t-\t-\torderflow\tbroker\n");
  REQUIRE(entries);
  REQUIRE(entries->size() == 4);

  const auto& postgres = entries->at(0);
  CHECK(postgres.name == "postgres");
  CHECK(postgres.kind == EntryKind::kDaemon);
  CHECK(postgres.ready.kind == ReadyCheck::Kind::kPostgres);
  CHECK(postgres.ready.port == 15432);
  CHECK(postgres.user == "postgres");
  CHECK(postgres.stop_signal == SIGINT);
  CHECK(postgres.death_signal == SIGQUIT);
  // Only tabs separate: a space belongs to the argument.
  CHECK(postgres.command == std::vector<std::string>{"/bin/postgres", "-D", "/a folder/data"});

  const auto& migrate = entries->at(1);
  CHECK(migrate.kind == EntryKind::kOneshot);
  CHECK(migrate.ready.kind == ReadyCheck::Kind::kNone);
  CHECK(migrate.user.empty());
  CHECK(migrate.stop_signal == SIGTERM);
  CHECK(migrate.death_signal == SIGKILL);

  CHECK(entries->at(2).ready.kind == ReadyCheck::Kind::kHttp);
  CHECK(entries->at(2).ready.path == "/health/ready");
  CHECK(entries->at(3).ready.kind == ReadyCheck::Kind::kTcp);
}

TEST_CASE("a ready check may name another address than 127.0.0.1") {
  const std::string text =
      "api\tdaemon\thttp:[::1]:8080/health\t-\tTERM/KILL\tx\n"
      "broker\tdaemon\ttcp:127.0.0.2:19092\t-\tTERM/KILL\tx\n";
  const auto entries = parse_table(text);
  REQUIRE(entries);
  CHECK(entries->at(0).ready.host == "::1");
  CHECK(entries->at(0).ready.port == 8080);
  CHECK(entries->at(0).ready.path == "/health");
  CHECK(entries->at(1).ready.host == "127.0.0.2");
  CHECK(to_line(entries->at(0)) + to_line(entries->at(1)) == text);
}

TEST_CASE("a wrong table line is refused with its number and the reason") {
  struct Wrong {
    std::string line;
    std::string reason;
  };
  const auto wrong = GENERATE(values<Wrong>({
      {"api daemon - - - orderflow", "separated by tabs"},
      {"api\tdaemon\t-\t-\t-", "separated by tabs"},
      {"\tdaemon\t-\t-\t-\tx", "name ''"},
      {"../etc\tdaemon\t-\t-\t-\tx", "name '../etc'"},
      {"-api\tdaemon\t-\t-\t-\tx", "name '-api'"},
      {"api\tservice\t-\t-\t-\tx", "kind 'service'"},
      {"api\tdaemon\ttcp\t-\t-\tx", "ready check 'tcp'"},
      {"api\tdaemon\ttcp:0\t-\t-\tx", "ready check 'tcp:0'"},
      {"api\tdaemon\ttcp:65536\t-\t-\tx", "ready check"},
      {"api\tdaemon\ttcp:localhost:80\t-\t-\tx", "ready check"},
      {"api\tdaemon\ttcp:80x\t-\t-\tx", "ready check"},
      {"api\tdaemon\thttp:8080\t-\t-\tx", "ready check"},
      {"api\tdaemon\tudp:80\t-\t-\tx", "ready check"},
      {"api\tdaemon\t-\t\t-\tx", "user"},
      {"api\tdaemon\t-\t-\tTERM\tx", "stop 'TERM'"},
      {"api\tdaemon\t-\t-\tTERM/USR1\tx", "stop 'TERM/USR1'"},
      {"api\tdaemon\t-\t-\t-\t", "command"},
  }));
  CAPTURE(wrong.line);
  const auto entries = parse_table("# comment\n" + wrong.line + "\n");
  REQUIRE_FALSE(entries);
  CHECK_THAT(entries.error(), Catch::Matchers::StartsWith("line 2: "));
  CHECK_THAT(entries.error(), Catch::Matchers::ContainsSubstring(wrong.reason));
}

TEST_CASE("two entries of one name would share a log, so they are refused") {
  const auto entries = parse_table("a\tdaemon\t-\t-\t-\tx\na\tdaemon\t-\t-\t-\ty\n");
  REQUIRE_FALSE(entries);
  CHECK_THAT(entries.error(), Catch::Matchers::ContainsSubstring("used twice"));
}

TEST_CASE("a table without entries is refused") {
  CHECK_FALSE(parse_table(""));
  CHECK_FALSE(parse_table("# nothing\n\n"));
}

TEST_CASE("a table has a limit") {
  std::string text;
  for (int i = 0; i < 257; ++i) text += "n" + std::to_string(i) + "\tdaemon\t-\t-\t-\tx\n";
  CHECK_FALSE(parse_table(text));
}

TEST_CASE("an entry written as a line reads back as itself") {
  const std::string text =
      "postgres\tdaemon\tpostgres:15432\tpostgres\tINT/QUIT\t/bin/postgres\t-D\t/a folder/data\n"
      "migrate\toneshot\t-\t-\tTERM/KILL\torderflow\tmigrate\n"
      "api\tdaemon\thttp:8080/health/ready\t-\tTERM/KILL\torderflow\tapi\n"
      "broker\tdaemon\ttcp:19092\t-\tTERM/KILL\torderflow\tbroker\n";
  const auto entries = parse_table(text);
  REQUIRE(entries);
  std::string lines;
  for (const auto& entry : *entries) lines += to_line(entry);
  CHECK(lines == text);
}
